"""Whole runs on a real engine: what a kill changes (nothing), and what becomes of responses without a verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from k15.artifacts import Producer, read_rows, write_dataset
from k15.errors import UserError
from k15.model import vlm
from k15.progress import Progress
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.verifiers import extract_then_compare
from k15.rl.loop import RLRun, Row
from k15.rl.mismatch import MismatchParams
from k15.rl.objective import ObjectiveParams
from k15.rl.params import RLParams
from k15.rl.rewarding import RewardParams
from k15.rl.rollouts import PartialParams, sample_groups
from k15.rl.sampler import SamplerParams
from k15.rl.trajectory import RLPrompt
from k15.rl.validation import ValidationParams
from k15.rollout.engine import Engine
from k15.rollout.types import Sampling
from k15.tokenizer import Tokenizer
from k15.training.trainer import OptimizerParams
from tests.k15 import tiny

SHAPE = tiny.SHAPE.model_copy(update={"heads": 1, "kv_heads": 1, "head_dim": 32, "vocab_size": 320, "max_length": 512})
TOKENIZER = Tokenizer.train(["Start with 123. Do reverse. a=2 b=a+8"] * 20, SHAPE.vocab_size)
PARAMS = RLParams(
    seed=1,
    ranks=1,
    tensor_parallel=1,
    iterations=3,
    group_size=4,
    prompts_per_iteration=4,
    partial=None,
    replicas=1,
    max_tokens=8,
    temperature=1.0,
    top_p=1.0,
    top_k=0,
    repetition=None,
    objective=ObjectiveParams(kind="eq3", tau=0.1, baseline="mean", earlier_segments="masked", truncation=None),
    minibatches=2,
    optimizer=OptimizerParams(lr=1e-2, final_lr_share=0.5, warmup_steps=0, weight_decay=0, clip_grad=1.0),
    freeze_vision=False,
    reward=RewardParams(length_weight=0.1, length_warmup=1, repetition_penalty=0.0),
    rounds=None,
    sampler=SamplerParams(
        curriculum="smooth",
        curriculum_iterations=1,
        hard_below=0.3,
        prioritised=True,
        prior=1.0,
        window=3,
        floor=0.1,
    ),
    microbatch_tokens=512,
    mismatch=MismatchParams(mean_limit=0.01, multiplicative_limit=1.02, canary_limit=0.01),
    validation=ValidationParams(every=1, problems=1, choose="last"),
    record_every=None,
)
PARTIAL = PARAMS.model_copy(
    update={
        "prompts_per_iteration": None,
        "partial": PartialParams(tokens=120, at_once=10, max_age=3),
        "max_tokens": 24,
        "iterations": 5,
    }
)
SAMPLING = Sampling(4, 1.0, 8, seed=3, logprobs=True)


def model() -> vlm.VisionLanguageModel:
    return vlm.build(SHAPE, seed=1)


class Judge:
    """Finds every other text correct, and has no verdict on an answer to "lost" the first `failures` times."""

    def __init__(self, failures: float) -> None:
        self.failures = failures
        self.seen: Counter[str] = Counter()

    def compare(self, cases: Sequence[Case]) -> list[Verdict]:
        return [self._verdict(case.reference, case.answer) for case in cases]

    def _verdict(self, reference: str, answer: str) -> Verdict:
        if reference == "lost":
            self.seen[answer] += 1
            if self.seen[answer] <= self.failures:
                return Verdict.error("lost worker")
        return Verdict.correct("even") if sum(answer.encode()) % 2 == 0 else Verdict.wrong("odd")


def use(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VERIFIERS, "even", extract_then_compare(lambda response, mode: response, judge.compare))


def prompts(answers: Sequence[str]) -> list[RLPrompt]:
    ids = [TOKENIZER.encode_prompt(f"the hill {n}?") for n in range(len(answers))]
    return [
        RLPrompt(str(n), ids[n], (), {"verifier": "even", "answer": answer}, n / 10) for n, answer in enumerate(answers)
    ]


class Killed(Exception):
    pass


class Mortal(RLRun):
    """Dies once iteration `last` is saved."""

    last = 0

    def _save(self, *arguments: Any) -> None:
        super()._save(*arguments)
        if len(self.rows) == self.last:
            raise Killed


def start(
    kind: type[RLRun],
    engine: Engine,
    state: Path,
    answers: Sequence[str] = ("good",) * 6,
    params: RLParams = PARAMS,
) -> RLRun:
    producer = Producer("rl", {}, ())
    return kind(params, model(), TOKENIZER, prompts(answers), engine, state, Progress(), producer)


@pytest.mark.parametrize(("params", "last"), [(PARAMS, 1), (PARAMS, 3), (PARTIAL, 1), (PARTIAL, 3)])
def test_a_killed_run_ends_like_an_uninterrupted_one(
    params: RLParams, last: int, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(0), monkeypatch)
    whole = start(RLRun, engine, tmp_path / "whole", params=params)
    rows = whole.run("rl")
    assert [row["iteration"] for row in rows] == list(range(1, params.iterations + 1))
    assert any(not torch.equal(a, b) for a, b in zip(whole.model.parameters(), model().parameters(), strict=True))

    monkeypatch.setattr(Mortal, "last", last)
    with pytest.raises(Killed):
        start(Mortal, engine, tmp_path / "killed", params=params).run("rl")
    resumed = start(RLRun, engine, tmp_path / "killed", params=params)
    assert resumed.run("rl") == rows
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True))
    assert resumed.trajectories() == whole.trajectories()
    assert resumed.saved.sampling == whole.saved.sampling
    assert resumed.saved.buffer.rows() == whole.saved.buffer.rows()
    assert len(whole.trajectories()) == sum(row["responses"] for row in rows)


def test_partial_rollouts_lose_and_repeat_no_token(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(0), monkeypatch)
    run = start(RLRun, engine, tmp_path, params=PARTIAL)
    rows = run.run("rl")
    found = run.trajectories()
    buffered = run.saved.buffer.rows()
    assert any(len(row["segments"]) > 1 for row in found) and any(row["carried_responses"] for row in rows)
    for iteration, row in enumerate(rows):  # each token is in one segment, of the iteration that sampled it
        parts = [s for one in [*found, *buffered] for s in one["segments"] if s["version"] == iteration]
        assert sum(s["tokens"] for s in parts) == row["sampled_tokens"]
        assert 120 <= row["sampled_tokens"] < 120 + 16  # a step of the engine's whole batch
    groups: dict[int, list[Row]] = {}
    for one in found:
        groups.setdefault(one["group"], []).append(one)
    assert all(sorted(one["sample"] for one in members) == [0, 1, 2, 3] for members in groups.values())
    assert not groups.keys() & {one["group"] for one in buffered}
    for one in found:
        versions = [segment["version"] for segment in one["segments"]]
        assert versions == sorted(set(versions)) and versions[-1] - versions[0] <= 3
        assert len(one["response_ids"]) == len(one["logprobs"]) == sum(s["tokens"] for s in one["segments"]) <= 24
        assert one["finish_reason"] in ("stop", "length", "age")
        assert one["started"] <= versions[0] and versions[-1] <= one["iteration"]


def test_the_last_row_shows_the_final_policy(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only one measured after its iteration: with the weights that the run ends with."""
    use(Judge(0), monkeypatch)
    run = start(RLRun, engine, tmp_path)
    measured: list[dict[str, str]] = []
    held = run._validate

    def validate() -> Row:
        measured.append(engine.weight_digests())
        return held()

    monkeypatch.setattr(run, "_validate", validate)
    rows = run.run("rl")
    assert all("heldout_accuracy" in row and "heldout_length" in row for row in rows)
    run.hybrid.to_rollout()
    assert len(measured) == 3 and measured[-1] == engine.weight_digests() != measured[-2]


def test_without_learning_the_mismatch_stays_constant_and_tiny(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty iterations at learning rate 0: whatever grew would be a fault of the hand-over or of the bookkeeping."""
    use(Judge(0), monkeypatch)
    changes = {
        "iterations": 20,
        "prompts_per_iteration": 3,
        "max_tokens": 16,
        "optimizer": PARAMS.optimizer.model_copy(update={"lr": 0.0}),
        "validation": PARAMS.validation.model_copy(update={"every": 20}),
    }
    run = start(RLRun, engine, tmp_path, params=PARAMS.model_copy(update=changes))
    rows = run.run("rl")
    assert sum(row["groups"] > 0 for row in rows) > 10
    assert all(row["mismatch"] < 1e-6 and row["mismatch_max"] < 1e-5 and row["canary"] < 1e-5 for row in rows)
    assert all(torch.equal(a, b) for a, b in zip(run.model.parameters(), model().parameters(), strict=True))


@pytest.mark.parametrize("freeze", [False, True])
def test_the_tower_learns_unless_it_is_frozen(
    freeze: bool, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(0), monkeypatch)
    ids, record = TOKENIZER.encode_prompt("the hill?", images=1), {"verifier": "even", "answer": "good"}
    shown = [RLPrompt(str(n), ids, (tiny.picture(n),), record, 0.5) for n in range(4)]
    params = PARAMS.model_copy(update={"freeze_vision": freeze, "iterations": 1})
    run = RLRun(params, model(), TOKENIZER, shown, engine, tmp_path, Progress(), Producer("rl", {}, ()))
    run.run("rl")
    before = dict(model().named_parameters())
    moved = {name.split(".")[0] for name, p in run.model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == ({"language"} if freeze else {"language", "vision", "projector"})


def test_a_verdict_that_fails_once_is_found_by_the_second_look(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Judge(0), monkeypatch)
    reliable = sample_groups(engine, TOKENIZER, prompts(["lost", "good"]), SAMPLING)
    judge = Judge(1)
    use(judge, monkeypatch)
    groups = sample_groups(engine, TOKENIZER, prompts(["lost", "good"]), SAMPLING)
    assert any(count > 1 for count in judge.seen.values()) and groups == reliable
    assert [(len(g.responses), len(g.unjudged)) for g in groups] == [(4, 0), (4, 0)]


def test_responses_without_a_verdict_are_kept_apart(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(math.inf), monkeypatch)
    lost, good = sample_groups(engine, TOKENIZER, prompts(["lost", "good"]), SAMPLING)
    assert not lost.responses and len(lost.unjudged) == 4
    assert all(math.isnan(r.reward) and r.verdict == "error" for r in lost.unjudged)
    assert len(good.responses) == 4 and not good.unjudged

    run = start(RLRun, engine, tmp_path / "state", ["lost", "good", "good", "lost"])
    rows = run.run("rl")
    assert [(row["responses"], row["unjudged"]) for row in rows[1:]] == [(16, 8)] * 2  # each prompt once
    assert run.saved.sampler.success[[0, 3]].tolist() == [0.0, 0.3]  # nothing was learnt about them

    write_dataset(tmp_path / "trajectories", "trajectory", run.trajectories(), producer=Producer("rl", {}, ()))
    stored = read_rows(tmp_path / "trajectories", "trajectory")
    assert len(stored) == sum(row["responses"] for row in rows)
    errors = [row for row in stored if row["verdict"] == "error"]
    assert len(errors) == sum(row["unjudged"] for row in rows) and all(math.isnan(row["reward"]) for row in errors)
    assert not any(math.isnan(row["reward"]) for row in stored if row["verdict"] != "error")


def test_a_verifier_that_fails_on_everything_ends_the_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Judge(math.inf), monkeypatch)
    with pytest.raises(UserError, match=r"failed on 8 responses in a row \(lost worker\)"):
        sample_groups(engine, TOKENIZER, prompts(["lost", "lost"]), SAMPLING)
