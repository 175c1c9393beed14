"""Sample responses of the RL run, from its trajectories: the first, the middle and the last iteration.

Of each iteration the groups that say most: those with the most mixed rewards, of different families, one with a
picture among them where there is one; of each group the best and the worst response.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import iter_dataset

GROUPS = 3
"""Shown of each iteration."""
_COLUMNS = ["prompt_id", "group", "iteration", "response_ids", "segments", "finish_reason", "text", "score", "reward"]
Row = dict[str, Any]


@dataclass(frozen=True)
class SampledGroup:
    iteration: int
    """From 1, as in the charts."""
    prompt: Row
    """`question`, `answer`, `images`, `family`, `pass_rate`."""
    size: int
    success: float
    responses: list[Row]
    """The best and the worst, as the trajectories store them."""


def load(root: Path) -> list[SampledGroup]:
    path = root / "artifacts" / "rl" / "trajectories"
    seen: set[int] = set()
    for batch in iter_dataset(path, "trajectory", columns=["iteration"]):
        seen.update(pc.unique(batch["iteration"]).to_pylist())
    found = sorted(seen)
    shown = sorted({found[0], found[len(found) // 2], found[-1]}) if found else []
    rows = [
        row
        for batch in iter_dataset(path, "trajectory", columns=[*_COLUMNS, "verdict"])
        for row in batch.filter(pc.is_in(batch["iteration"], pa.array(shown, pa.int32()))).to_pylist()
    ]
    wanted = {row["prompt_id"] for row in rows}
    artifacts = root / "artifacts"
    prompts = _prompts(artifacts / "prompts", wanted) | _problems(artifacts / "test_cases" / "problems", wanted)
    return [group for iteration in shown for group in _chosen(iteration, rows, prompts)]


def _prompts(path: Path, wanted: set[str]) -> dict[str, Row]:
    columns = ["id", "question", "answer", "images", "family", "pass_rate"]
    batches = iter_dataset(path, "prompt", columns=columns)
    return {row["id"]: row for batch in batches for row in batch.to_pylist() if row["id"] in wanted}


def _problems(path: Path, wanted: set[str]) -> dict[str, Row]:
    """Code problems, as prompts; RL calls them `code/` and their id."""
    rows = (
        row for batch in iter_dataset(path, "code_problem", columns=["id", "statement"]) for row in batch.to_pylist()
    )
    empty = {"answer": "", "images": [], "family": "code", "pass_rate": 0.0}
    return {
        f"code/{row['id']}": {"question": row["statement"], **empty} for row in rows if f"code/{row['id']}" in wanted
    }


def _chosen(iteration: int, rows: Iterable[Row], prompts: dict[str, Row]) -> list[SampledGroup]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row["iteration"] == iteration and not math.isnan(row["reward"]):
            groups[row["group"]].append(row)
    found = [_sampled(iteration, prompts[members[0]["prompt_id"]], members) for members in groups.values()]
    found.sort(key=lambda group: abs(group.success - 0.5))
    first_of_family = {group.prompt["family"]: group for group in reversed(found)}
    ordered = [g for g in found if first_of_family[g.prompt["family"]] is g]
    ordered += [g for g in found if first_of_family[g.prompt["family"]] is not g]
    with_picture = next((g for g in ordered if g.prompt["images"]), None)
    if with_picture is not None and with_picture not in ordered[:GROUPS]:
        ordered.insert(GROUPS - 1, with_picture)
    return ordered[:GROUPS]


def _sampled(iteration: int, prompt: Row, members: list[Row]) -> SampledGroup:
    by_reward = sorted(members, key=lambda row: -row["reward"])
    shown = [by_reward[0], by_reward[-1]] if len(members) > 1 else by_reward
    success = sum(row["score"] for row in members) / len(members)
    return SampledGroup(iteration + 1, prompt, len(members), success, shown)
