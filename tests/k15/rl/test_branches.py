"""Whole runs on a real engine whose cut responses go on as branches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from k15.errors import UserError
from k15.params import parse_params
from k15.rl.loop import RLRun, Row
from k15.rl.params import RLParams
from k15.rl.rollouts import PartialParams
from k15.rl.state import groups_of, trajectory_rows
from k15.rollout.engine import Engine
from tests.k15.rl.test_loop import PARTIAL, Judge, Killed, Mortal, start, use

BRANCHES = 3
PARAMS = PARTIAL.model_copy(
    update={
        "partial": PartialParams(tokens=400, at_once=10, max_age=3, branches=BRANCHES),
        "objective": PARTIAL.objective.model_copy(update={"credit": "prefix", "earlier_segments": "kept"}),
    }
)


@pytest.fixture(scope="module")
def whole(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RLRun]:
    """A run that nothing has interrupted."""
    with pytest.MonkeyPatch.context() as patched:
        use(Judge(0), patched)
        run = start(RLRun, engine, tmp_path_factory.mktemp("whole"), params=PARAMS)
        run.run("rl")
        yield run


@pytest.mark.parametrize("last", [1, 2, 4])
def test_a_killed_run_ends_like_an_uninterrupted_one(
    last: int, whole: RLRun, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mortal, "last", last)
    with pytest.raises(Killed):
        start(Mortal, engine, tmp_path, params=PARAMS).run("rl")
    resumed = start(RLRun, engine, tmp_path, params=PARAMS)
    assert resumed.run("rl") == whole.rows
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True))
    assert resumed.trajectories() == whole.trajectories()
    assert resumed.saved.buffer.rows() == whole.saved.buffer.rows()


def everything(run: RLRun) -> dict[int, list[Row]]:
    """All responses of a run by their groups, tokens under one name."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in [*run.trajectories(), *run.saved.buffer.rows()]:
        groups[row["group"]].append(row)
    return groups


def test_every_token_counts_once(whole: RLRun) -> None:
    """What branches share is their root's."""
    rows = [row for members in everything(whole).values() for row in members]
    for iteration, row in enumerate(whole.rows):
        own = [s["tokens"] for one in rows for s in one["segments"][one["shared"] :] if s["version"] == iteration]
        assert sum(own) == row["sampled_tokens"] and len(own) == row["sampled_responses"]
        assert 400 <= row["sampled_tokens"] < 400 + 16  # a step of the engine's whole batch
    assert sum(row["branches"] for row in whole.rows) == sum(row["shared"] > 0 for row in rows) > 0


def test_branches_go_on_from_their_roots_tokens(whole: RLRun) -> None:
    """Once: where their root was cut for the first time."""
    apart = 0
    for members in everything(whole).values():
        roots = {row["sample"]: row for row in members if not row["shared"]}
        branches = [row for row in members if row["shared"]]
        assert sorted(roots) == [0, 1, 2, 3] and all(row["shared"] == 1 for row in branches)
        assert set(Counter(row["sample"] % 4 for row in branches).values()) <= {BRANCHES - 1}
        for row in branches:
            root, first = roots[row["sample"] % 4], row["segments"][0]
            assert root["segments"][0] == first
            for name in ("response_ids", "logprobs"):
                assert row[name][: first["tokens"]] == root[name][: first["tokens"]]
            apart += row["response_ids"] != root["response_ids"]
        cut = [s for s, row in roots.items() if row["segments"][0] not in row["segments"][-1:]]
        assert {row["sample"] % 4 for row in branches} >= set(cut)
    assert apart


def test_a_group_is_complete_when_its_branches_are(whole: RLRun) -> None:
    trained = {row["group"] for row in whole.trajectories()}
    buffered = {row["group"] for row in whole.saved.buffer.rows()}
    assert trained and buffered and not trained & buffered
    assert any(row["shared"] for row in whole.trajectories())
    assert all(row["finish_reason"] is not None for row in whole.trajectories())


def test_trajectories_hold_the_branches(whole: RLRun) -> None:
    rows = whole.checkpoints.trajectories(len(whole.rows))
    for iteration in range(len(whole.rows)):
        own = [row for row in rows if row["iteration"] == iteration]
        groups = groups_of(own, whole.prompts)
        assert trajectory_rows(iteration, groups) == own
        assert all(group.size == 4 for group in groups)


def test_credit_needs_branches() -> None:
    value = PARAMS.model_dump()
    for partial in ({"partial": value["partial"] | {"branches": 1}}, {"partial": None, "prompts_per_iteration": 4}):
        with pytest.raises(
            UserError, match=r"rl: objective.credit prefix takes .*; set partial.branches to at least 2"
        ):
            parse_params(RLParams, "rl", value | partial)
