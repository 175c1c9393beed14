"""Prompts of the curated set."""

from __future__ import annotations

from pathlib import Path

from k15.artifacts import Producer, write_dataset
from k15.rl.rollouts import load_prompts
from k15.tokenizer import ASSISTANT, IMAGE, USER
from tests.k15 import tiny


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
