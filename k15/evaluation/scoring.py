"""Verdicts and figures of stored samples; needs neither model nor engine, so runs offline on old artifacts.

pass@1 is the mean over all scored samples. Its standard error is clustered by problem: samples of one problem
are not independent, so k samples of n problems say less than k*n problems would. Samples without a verdict
("skipped": the prompt did not fit the model; "error": the verifier gave up) are left out of every figure,
never counted as wrong; `unscored` tells how many there are.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from k15.rewards import Verdict, score_batch

SKIPPED = "skipped"
SCORED = ("correct", "wrong")

Row = dict[str, Any]
Figures = dict[str, float | int | None]


def score_rows(rows: Sequence[Row]) -> list[Row]:
    """`rows` of the sample schema with `verdict` and `reward` set anew from their text."""
    wanted = [row for row in rows if row["verdict"] != SKIPPED]
    judged = iter(score_batch(wanted, [row["text"] for row in wanted], mode="eval"))
    return [row if row["verdict"] == SKIPPED else _with_verdict(row, next(judged)) for row in rows]


def _with_verdict(row: Row, verdict: Verdict) -> Row:
    return {**row, "verdict": verdict.verdict, "reward": verdict.reward}


def figures(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """pass@1, its clustered standard error, mean response tokens and the number of scored samples."""
    scored = [row for row in rows if row["verdict"] in SCORED]
    if not scored:
        return {"pass@1": None, "stderr": None, "tokens": None, "samples": 0}
    hits: dict[str, list[float]] = defaultdict(list)
    for row in scored:
        hits[row["problem_id"]].append(float(row["verdict"] == "correct"))
    return {
        "pass@1": round(sum(map(sum, hits.values())) / len(scored), 6),
        "stderr": clustered_stderr(list(hits.values())),
        "tokens": round(sum(row["tokens"] for row in scored) / len(scored), 3),
        "samples": len(scored),
    }


def clustered_stderr(clusters: Sequence[Sequence[float]]) -> float | None:
    """Standard error of the mean of all values; None for a single cluster, whose spread nothing tells."""
    count = sum(map(len, clusters))
    if len(clusters) < 2:
        return None
    mean = sum(map(sum, clusters)) / count
    spread = sum(sum(value - mean for value in cluster) ** 2 for cluster in clusters)
    return round(math.sqrt(spread * len(clusters) / (len(clusters) - 1)) / count, 6)


def summarize(rows: Iterable[Row], pools: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Figures]]:
    """{checkpoint: {suite: figures}}.

    A suite is reported as stored, by difficulty (`<suite>.d<k>`) where it has several, and as part of the
    pooled suites that `pools` gives for its name.
    """
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    levels: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        names = [row["suite"], *pools.get(row["suite"], ())]
        if row["difficulty"] > 0 and not row["blanked"]:
            names.append(f"{row['suite']}.d{row['difficulty']}")
            levels[row["suite"]].add(row["difficulty"])
        for name in names:
            groups[row["checkpoint"]][name].append(row)
    alone = {f"{suite}.d{next(iter(found))}" for suite, found in levels.items() if len(found) == 1}
    return {
        checkpoint: {name: figures(members) for name, members in sorted(suites.items()) if name not in alone}
        for checkpoint, suites in groups.items()
    }


def unscored(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """How many samples have no verdict, by suite and reason ("skipped" or "error")."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row["verdict"] not in SCORED:
            counts[row["suite"], row["verdict"]] += 1
    return dict(counts)
