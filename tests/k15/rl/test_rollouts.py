"""Prompts of the curated set, and the length reward."""

from __future__ import annotations

from pathlib import Path

import pytest

from k15.artifacts import Producer, write_dataset
from k15.rl.rollouts import add_length_reward, load_prompts
from k15.tokenizer import ASSISTANT, IMAGE, USER
from tests.k15 import tiny
from tests.k15.rl.groups import group


def test_length_reward() -> None:
    """λ = 0.5 − (len − 2) / (6 − 2); wrong responses get it only where it is negative."""
    groups = [group([2, 4, 6, 3, 5], [1, 1, 1, 0, 0]), group([3, 3], [1, 0])]
    add_length_reward(groups, 0.2)
    assert [r.reward for r in groups[0].responses] == pytest.approx([1.1, 1.0, 0.9, 0.0, -0.05])
    assert [r.reward for r in groups[1].responses] == [1, 0]  # all of one length
    add_length_reward(groups, 0.2)  # composed from the verdict, not added up
    assert groups[0].responses[0].reward == pytest.approx(1.1)
    assert groups[0].success == pytest.approx(0.6)


def test_load_prompts(tmp_path: Path) -> None:
    row = {
        "family": "f",
        "domain": "math",
        "difficulty": 1,
        "question": "on the hill?",
        "answer": "7",
        "spec": "",
        "verifier": "math",
        "images": [],
        "split": "train",
        "pass_rate": 0.25,
        "samples": 4,
        "guessed": False,
        "guess_hits": 0,
        "label": "hard",
        "tags": ["f"],
        "kept": True,
        "reason": "",
    }
    rows = [
        {**row, "id": "text"},
        {**row, "id": "dropped", "kept": False, "reason": "guessed"},
        {**row, "id": "picture", "images": [tiny.picture(1)]},
    ]
    write_dataset(tmp_path / "prompts", "prompt", rows, producer=Producer("prompts", {}, ()))
    text, picture = load_prompts(tmp_path / "prompts", tiny.tokenizer())
    question = tiny.tokenizer().encode("on the hill?")
    assert (text.id, text.ids, text.images) == ("text", [USER, *question, ASSISTANT], ())
    assert (picture.ids, picture.images) == ([USER, IMAGE, *question, ASSISTANT], (tiny.picture(1),))
    assert text.record == {"verifier": "math", "answer": "7"} and text.pass_rate == 0.25
