"""The yield table: problems left after every step, beside the paper's (§2.3.5).

The paper's problems all had ten submissions, and it counts generators only once they have enough valid cases, so it
has no figures for the steps between.
"""

PAPER = {"problems": 1000, "comparable outputs": 614, "enough valid cases": 463, "kept": 323}


STEPS = (
    "problems",
    "comparable outputs",
    "enough submissions",
    "a generator",
    "enough valid cases",
    "kept",
)
"""In order: metrics files have none."""


def table(steps: dict[str, int]) -> list[list[str]]:
    """Step, problems left, their share of all, and the paper's figures; header first."""
    rows = [["problems left", "here", "share", "paper", "share"]]
    for name in STEPS:
        left = steps[name]
        theirs = PAPER.get(name)
        rows.append(
            [
                name,
                f"{left:,}",
                _share(left, steps["problems"]),
                "" if theirs is None else f"{theirs:,}",
                "" if theirs is None else _share(theirs, PAPER["problems"]),
            ]
        )
    return rows


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"
