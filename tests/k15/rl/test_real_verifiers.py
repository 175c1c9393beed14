"""A code problem and a picture go through the whole loop and its real verifiers (the code in the real sandbox)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from k15 import tasks
from k15.artifacts import Producer, write_dataset
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.progress import Progress
from k15.rl.code_prompts import load_code_prompts
from k15.rl.loop import RLRun, Row
from k15.rl.trajectory import RLPrompt
from k15.rollout.engine import Engine
from k15.sandbox import shared_sandbox
from k15.tokenizer import END, Tokenizer
from k15.training.batch import dialogue, expand_images, pad
from k15.training.trainer import Trainer
from tests.k15 import tiny
from tests.k15.rl.test_loop import PARAMS, SHAPE

PROGRAM = "```python\nprint(int(input()) + 1)\n```"
STATEMENT = "Add one."


def code_prompts(directory: Path, tokenizer: Tokenizer) -> list[RLPrompt]:
    """As the test-case step of stage `prompts` leaves its problems."""
    problem = {
        "id": "plus",
        "statement": STATEMENT,
        "special_judge": False,
        "tolerance": None,
        "case_sensitive": True,
        "submissions": 10,
        "unrunnable": 0,
        "generator": "stored",
        "valid_cases": 2,
        "unjudged_cases": 0,
        "passing": 10,
        "kept": True,
        "reason": "",
    }
    refused = {**problem, "id": "refused", "kept": False, "reason": "9 of 10 fail"}
    case = {"problem": "plus", "agree": 10, "submissions": 10, "valid": True, "reason": ""}
    cases = [{**case, "number": n, "input": f"{n}\n", "expected": f"{n + 1}\n"} for n in (1, 2)]
    cases.append({**cases[0], "number": 3, "expected": "", "valid": False, "reason": "no agreement"})
    producer = Producer("prompts", {}, ())
    write_dataset(directory / "problems", "code_problem", [problem, refused], producer=producer)
    write_dataset(directory / "cases", "test_case", cases, producer=producer)
    return load_code_prompts(directory / "problems", directory / "cases", tokenizer, SHAPE.max_length)


def half_taught(tokenizer: Tokenizer, taught: list[tuple[RLPrompt, str]]) -> vlm.VisionLanguageModel:
    """A model that gives each answer now and then: a group has right and wrong ones."""
    model = vlm.build(SHAPE.model_copy(update={"vocab_size": tokenizer.vocab_size}), seed=1)
    trainer = Trainer(model, PARAMS.optimizer)
    examples = [
        dialogue(expand_images(p.ids, SHAPE.image_tokens), [*tokenizer.encode(answer), END], p.images)
        for p, answer in taught
    ]
    batch = pad(examples, SHAPE.image_size)
    count = float(batch.weight)
    for _ in range(200):
        loss = trainer.step([batch], 1e-2)["loss"]
        if loss * count < 1.0:  # both answers together have a probability of e^-1
            break
    return model


def test_code_and_pictures_are_learnt_from(tmp_path: Path) -> None:
    try:
        shared_sandbox()
    except UserError as error:
        pytest.skip(f"no sandbox here: {error}")
    problem = tasks.generate("counting", "train", 1, 5)[0]
    texts = [STATEMENT, PROGRAM, problem.question, problem.short, "Write a Python program. Answer with one block."]
    tokenizer = Tokenizer.train(texts * 20, 320)
    record = {"verifier": problem.verifier, "answer": problem.answer}
    picture = RLPrompt("picture", tokenizer.encode_prompt(problem.question, 1), problem.images, record, 0.5)
    (code,) = code_prompts(tmp_path, tokenizer)
    model = half_taught(tokenizer, [(code, PROGRAM), (picture, problem.short)])
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    checkpoint.export_hf(tmp_path / "hf", checkpoint.hf_state(model), model.shape, tmp_path / "tokenizer")
    changes = {"prompts_per_iteration": 2, "group_size": 16, "max_tokens": 64, "iterations": 2}
    params = PARAMS.model_copy(update=changes)
    before = [p.detach().clone() for p in model.parameters()]
    with Engine(tmp_path / "hf", max_model_len=SHAPE.max_length, params=tiny.engine_params(32)) as engine:
        producer = Producer("rl", {}, ())
        run = RLRun(params, model, tokenizer, [code, picture], engine, tmp_path / "state", Progress(), producer)
        run.run("rl")
    by_prompt: dict[str, list[Row]] = {}
    for row in run.trajectories():
        by_prompt.setdefault(row["prompt_id"], []).append(row)
    assert by_prompt.keys() == {"code/plus", "picture"}
    for rows in by_prompt.values():
        assert {row["verdict"] for row in rows} == {"correct", "wrong"}
    for row in by_prompt["code/plus"]:  # the verdict is what the program deserves
        if row["text"].startswith(PROGRAM):
            assert row["verdict"] == "correct" and row["score"] == 1.0
        if "print" not in row["text"]:
            assert row["verdict"] == "wrong" and row["score"] == 0.0
    assert any(row["text"].startswith(PROGRAM) for row in by_prompt["code/plus"])
    assert any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
