"""The report as a table for the terminal."""

from collections.abc import Sequence

from stages.report.effects import SUITE, effects, share, tokens
from stages.report.facts import Facts


def summary(title: str, facts: Facts) -> str:
    longest = f"needle.{facts.needle_lengths[-1]}"
    header = ["checkpoint", "pass@1", "±", "tokens", "vision", "blank", longest]
    rows = [
        [
            name,
            share(facts.value(name, SUITE)),
            share(facts.value(name, SUITE, "stderr")),
            tokens(facts.value(name, SUITE, "tokens")),
            share(facts.value(name, "vision")),
            share(facts.value(name, "vision.blank")),
            share(facts.value(name, longest)),
        ]
        for name in facts.metrics["evaluate"]
    ]
    checks = [["✓" if e.met else "✗", e.stage, e.claim, e.measured] for e in effects(facts)]
    total = sum(facts.timing.values())
    times = [[stage, f"{seconds:.1f} s"] for stage, seconds in [*facts.timing.items(), ("together", total)]]
    return "\n".join(
        [
            title,
            "",
            *align([header, *rows], right_from=1),
            "",
            *align(checks, right_from=4),
            "",
            *align(times, right_from=1),
            "",
        ]
    )


def align(rows: Sequence[Sequence[str]], right_from: int) -> list[str]:
    """Columns of equal width; those from `right_from` on are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index >= right_from else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
