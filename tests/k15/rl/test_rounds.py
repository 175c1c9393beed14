"""Long-context RL and long2short in turns: limit, reward, and what is carried over from one to the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.model import checkpoint
from k15.params import parse_params
from k15.rewards import length_rewards
from k15.rl.loop import RLRun, Row
from k15.rl.params import RLParams, RoundsParams
from k15.rl.rewarding import RewardParams
from k15.rollout.engine import Engine
from tests.k15 import tiny
from tests.k15.rl.test_loop import PARTIAL, SHAPE, TOKENIZER, Judge, model, start, use

ROUNDS = RoundsParams(long=2, short=1, max_tokens=6, length_weight=0.5)
PARAMS = PARTIAL.model_copy(
    update={
        "rounds": ROUNDS,
        "iterations": 6,
        "reward": RewardParams(length_weight=0.1, length_warmup=4, repetition_penalty=0.25),
    }
)


def test_turns() -> None:
    assert [PARAMS.is_short(i) for i in range(7)] == [False, False, True] * 2 + [False]
    assert not any(PARTIAL.is_short(i) for i in range(7))


def test_limit_and_reward_of_each_turn() -> None:
    """The section's own in the long iterations, warm-up included; in the short ones there is none."""
    assert [PARAMS.sampling(i).max_tokens for i in range(6)] == [24, 24, 6] * 2
    found = [PARAMS.reward_at(i) for i in range(6)]
    assert [(r.length_weight, r.length_warmup) for r in found] == [(0.1, 4), (0.1, 4), (0.5, 0)] * 2
    assert {r.repetition_penalty for r in found} == {0.25}


def test_the_short_limit_is_below_the_other() -> None:
    value = PARAMS.model_dump() | {"rounds": ROUNDS.model_dump() | {"max_tokens": 24}}
    with pytest.raises(UserError, match=r"rl: rounds.max_tokens must be below max_tokens \(24\)"):
        parse_params(RLParams, "rl", value)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RLRun]:
    directory: Path = tmp_path_factory.mktemp("run")
    TOKENIZER.save_pretrained(directory / "tokenizer")
    checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model()), SHAPE, directory / "tokenizer")
    with (
        pytest.MonkeyPatch.context() as patched,
        Engine(directory / "hf", max_model_len=SHAPE.max_length, params=tiny.engine_params()) as engine,
    ):
        use(Judge(0), patched)
        found = start(RLRun, engine, directory / "state", params=PARAMS)
        found.run("rl")
        yield found


def test_the_curve_says_which_turn_it_was(run: RLRun) -> None:
    assert [row["short"] for row in run.rows] == [0, 0, 1, 0, 0, 1]


def test_what_is_carried_over_and_too_long_ends_cut_off(run: RLRun) -> None:
    """Judged in the short iteration, without a token more."""
    rows = [*run.trajectories(), *run.saved.buffer.rows()]
    ended = 0
    for row in rows:
        versions = [s["version"] for s in row["segments"]]
        lengths = [s["tokens"] for s in row["segments"]]
        for place, version in enumerate(versions):
            if PARAMS.is_short(version):
                assert sum(lengths[: place + 1]) <= ROUNDS.max_tokens
        before = sum(n for v, n in zip(versions, lengths, strict=True) if v < 2)
        if before >= ROUNDS.max_tokens and versions[-1] < 2 and row.get("iteration", 9) >= 2:
            ended += row["finish_reason"] == "length" and row["verdict"] in ("correct", "wrong")
    assert ended and run.rows[1]["carried_responses"]


def test_rewards_of_the_short_turn(run: RLRun) -> None:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in run.trajectories():
        if row["iteration"] == 2:
            groups[row["group"]].append(row)
    assert groups
    for members in groups.values():
        lengths = length_rewards([len(r["response_ids"]) for r in members], [r["score"] == 1 for r in members])
        assert [r["reward"] - r["score"] for r in members] == pytest.approx([0.5 * x for x in lengths])
