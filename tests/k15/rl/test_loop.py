"""Whole runs on a real engine: what a kill changes (nothing), and what becomes of responses without a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from k15.artifacts import Producer, read_rows, write_dataset
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.progress import Progress
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.verifiers import extract_then_compare
from k15.rl import loop
from k15.rl.loop import RLParams, RLRun
from k15.rl.objective import Baseline
from k15.rl.rollouts import Group, RLPrompt, collect
from k15.rl.sampler import SamplerParams
from k15.rl.update import Scored
from k15.rollout.engine import Engine
from k15.rollout.types import Sampling
from k15.tokenizer import Tokenizer
from k15.training.trainer import OptimizerParams
from tests.k15 import tiny

SHAPE = tiny.SHAPE.model_copy(update={"heads": 1, "kv_heads": 1, "head_dim": 32, "vocab_size": 320, "max_length": 512})
TOKENIZER = Tokenizer.train(["Start with 123. Do reverse. a=2 b=a+8"] * 20, SHAPE.vocab_size)
PARAMS = RLParams(
    seed=1,
    tensor_parallel=1,
    iterations=3,
    prompts_per_iteration=4,
    group_size=4,
    replicas=1,
    max_tokens=8,
    temperature=1.0,
    tau=0.1,
    baseline="mean",
    minibatches=2,
    optimizer=OptimizerParams(lr=1e-2, final_lr_share=0.5, warmup_steps=0, weight_decay=0, clip_grad=1.0),
    freeze_vision=False,
    length_weight=0.1,
    length_warmup=1,
    sampler=SamplerParams(strategy="curriculum", curriculum_iterations=1, priority_floor=0.1, success_momentum=0.5),
    token_budget=512,
    mismatch_limit=0.01,
    probe_every=1,
    probe_problems=1,
)
SAMPLING = Sampling(4, 1.0, 8, seed=3, logprobs=True)


def model() -> vlm.VisionLanguageModel:
    return vlm.build(SHAPE, seed=1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("export")
    TOKENIZER.save_pretrained(directory / "tokenizer")
    checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model()), SHAPE, directory / "tokenizer")
    found = Engine(
        directory / "hf", max_model_len=SHAPE.max_length, params=tiny.engine_params(max_num_seqs=16, kv_cache_gib=0.05)
    )
    yield found
    found.close()


class Judge:
    """Finds every other text correct, and has no verdict on the reference "lost" the first `failures` times."""

    def __init__(self, failures: float) -> None:
        self.failures = failures
        self.calls = 0

    def compare(self, cases: Sequence[Case]) -> list[Verdict]:
        self.calls += 1
        return [self._verdict(case.reference, case.answer) for case in cases]

    def _verdict(self, reference: str, answer: str) -> Verdict:
        if reference == "lost" and self.calls <= self.failures:
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

    def _save(self) -> None:
        super()._save()
        if len(self.rows) == self.last:
            raise Killed


def start(kind: type[RLRun], engine: Engine, state: Path, answers: Sequence[str] = ("good",) * 6) -> RLRun:
    return kind(PARAMS, model(), TOKENIZER, prompts(answers), engine, state, Progress())


@pytest.mark.parametrize("last", [1, 3])
def test_a_killed_run_ends_like_an_uninterrupted_one(
    last: int, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(0), monkeypatch)
    whole = start(RLRun, engine, tmp_path / "whole")
    rows = whole.run("rl")
    assert [row["iteration"] for row in rows] == [1, 2, 3] and all(row["groups"] for row in rows)
    assert any(not torch.equal(a, b) for a, b in zip(whole.model.parameters(), model().parameters(), strict=True))

    monkeypatch.setattr(Mortal, "last", last)
    with pytest.raises(Killed):
        start(Mortal, engine, tmp_path / "killed").run("rl")
    resumed = start(RLRun, engine, tmp_path / "killed")
    assert resumed.run("rl") == rows
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True))
    assert resumed.trajectories() == whole.trajectories()
    assert len(whole.trajectories()) == sum(row["responses"] for row in rows) == 3 * 4 * 4


def test_the_last_row_shows_the_final_policy(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only one measured after its iteration: with the weights that the run ends with."""
    use(Judge(0), monkeypatch)
    run = start(RLRun, engine, tmp_path)
    measured: list[dict[str, str]] = []
    sync, held = run._sync, run._measure

    def measure() -> loop.Row:
        measured.append(engine.weight_digests())
        return held()

    monkeypatch.setattr(run, "_measure", measure)
    rows = run.run("rl")
    assert all("heldout_accuracy" in row and "heldout_length" in row for row in rows)
    sync()
    assert len(measured) == 3 and measured[-1] == engine.weight_digests() != measured[-2]


@pytest.mark.parametrize("freeze", [False, True])
def test_the_tower_learns_unless_it_is_frozen(
    freeze: bool, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(0), monkeypatch)
    ids, record = TOKENIZER.encode_prompt("the hill?", images=1), {"verifier": "even", "answer": "good"}
    shown = [RLPrompt(str(n), ids, (tiny.picture(n),), record, 0.5) for n in range(4)]
    params = PARAMS.model_copy(update={"freeze_vision": freeze, "iterations": 1})
    run = RLRun(params, model(), TOKENIZER, shown, engine, tmp_path, Progress())
    run.run("rl")
    before = dict(model().named_parameters())
    moved = {name.split(".")[0] for name, p in run.model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == ({"language"} if freeze else {"language", "vision", "projector"})


def test_a_verdict_that_fails_once_is_found_by_the_second_look(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Judge(0), monkeypatch)
    reliable = collect(engine, prompts(["lost", "good"]), [0, 1], SAMPLING, TOKENIZER)
    judge = Judge(1)
    use(judge, monkeypatch)
    groups = collect(engine, prompts(["lost", "good"]), [0, 1], SAMPLING, TOKENIZER)
    assert judge.calls == 2 and groups == reliable
    assert [(len(g.responses), len(g.unjudged)) for g in groups] == [(4, 0), (4, 0)]


def test_responses_without_a_verdict_are_kept_apart(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Judge(math.inf), monkeypatch)
    lost, good = collect(engine, prompts(["lost", "good"]), [0, 1], SAMPLING, TOKENIZER)
    assert not lost.responses and len(lost.unjudged) == 4
    assert all(math.isnan(r.reward) and r.verdict == "error" for r in lost.unjudged)
    assert len(good.responses) == 4 and not good.unjudged

    trained: list[Group] = []
    prepare = loop.prepare

    def watched(groups: Sequence[Group], baseline: Baseline, tau: float, image_tokens: int) -> list[list[Scored]]:
        trained.extend(groups)
        return prepare(groups, baseline, tau, image_tokens)

    monkeypatch.setattr(loop, "prepare", watched)
    run = start(RLRun, engine, tmp_path / "state", ["lost", "good", "good", "lost"])
    rows = run.run("rl")
    assert [(row["responses"], row["unjudged"]) for row in rows[1:]] == [(16, 8)] * 2  # each prompt once
    assert trained and all(g.prompt.record["answer"] == "good" and len(g.responses) == 4 for g in trained)
    assert run.sampler.success[[0, 3]].tolist() == [0.0, 0.3]  # nothing was learnt about them

    write_dataset(tmp_path / "trajectories", "trajectory", run.trajectories(), producer=Producer("rl", {}, ()))
    stored = read_rows(tmp_path / "trajectories", "trajectory")
    assert len(stored) == sum(row["responses"] for row in rows)
    errors = [row for row in stored if row["verdict"] == "error"]
    assert len(errors) == sum(row["unjudged"] for row in rows) and all(math.isnan(row["reward"]) for row in errors)
    assert not any(math.isnan(row["reward"]) for row in stored if row["verdict"] != "error")


def test_a_verifier_that_fails_on_everything_ends_the_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Judge(math.inf), monkeypatch)
    with pytest.raises(UserError, match=r"failed on every response of an iteration \(lost worker\)"):
        collect(engine, prompts(["lost"]), [0], SAMPLING, TOKENIZER)


def test_an_incomparable_mismatch_is_refused(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Judge(0), monkeypatch)
    monkeypatch.setattr(loop, "set_reference", lambda *arguments: math.nan)
    with pytest.raises(UserError, match="engine and trainer disagree by nan"):
        start(RLRun, engine, tmp_path).run("rl")
