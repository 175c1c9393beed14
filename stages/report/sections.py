"""The sections of the report: which stored figures each shows, and how."""

import json

from k15.tasks import FAMILIES
from stages.report import charts
from stages.report.charts import Series
from stages.report.effects import SUITE, best_short, share, tokens
from stages.report.effects import effects as measured_effects
from stages.report.facts import LONG2SHORT, Facts
from stages.report.markup import Cell, card, details, grid, legend, preformatted, prose, section, table

POLICIES = ("sft.short", "sft", "rl", *LONG2SHORT)
COLOURS = {name: index for index, name in enumerate(POLICIES)}


def effects(facts: Facts) -> str:
    rows: list[list[Cell | str]] = [
        [
            Cell("✓ met", "good") if effect.met else Cell("✗ missed", "bad"),
            prose(effect.stage),
            prose(effect.claim),
            effect.measured,
        ]
        for effect in measured_effects(facts)
    ]
    body = table(["", "stage", "target", "measured"], rows)
    return section("Learned effects", "Targets of this reproduction, on held-out problems.", body)


def checkpoints(facts: Facts) -> str:
    suites = [SUITE, "math", "code", "vision", "vision.blank", f"needle.{facts.needle_lengths[-1]}"]
    suites += facts.published
    rows = [
        [
            name,
            *(_accuracy(facts, name, suite) for suite in suites),
            tokens(facts.value(name, SUITE, "tokens")),
        ]
        for name in facts.metrics["evaluate"]
    ]
    note = "pass@1 ± one standard error, clustered by problem; tokens per response to the text suites."
    return section("Checkpoints", note, table(["checkpoint", *suites, "tokens"], rows))


def _accuracy(facts: Facts, checkpoint: str, suite: str) -> Cell:
    error = facts.value(checkpoint, suite, "stderr")
    return Cell(share(facts.value(checkpoint, suite)), small="" if error is None else f"±{error * 100:.1f}")


def difficulty(facts: Facts) -> str:
    shown = ["sft.short", "sft", "rl", best_short(facts)]
    panels = []
    for family in FAMILIES.values():
        series = [_by_difficulty(facts, name, family.name, family.difficulties) for name in shown]
        drawing = charts.lines(
            series,
            title=f"{family.name} by difficulty",
            x_label="difficulty",
            y_label="pass@1",
            y_range=(0.0, 1.0),
            y_format=charts.percent,
        )
        panels.append(card(f"{family.name} ({family.discipline})", drawing))
    key = legend([(name, COLOURS[name]) for name in shown])
    return section("Difficulty", "Held-out pass@1 along each family's difficulty axis.", key + grid(panels))


def _by_difficulty(facts: Facts, checkpoint: str, family: str, levels: tuple[int, ...]) -> Series:
    points, errors = [], []
    for level in levels:
        suite = f"{family}.d{level}"
        accuracy = facts.value(checkpoint, suite)
        if accuracy is not None:
            points.append((float(level), accuracy))
            errors.append(facts.value(checkpoint, suite, "stderr") or 0.0)
    return Series(checkpoint, points, errors, COLOURS[checkpoint])


def long2short(facts: Facts) -> str:
    points = []
    for name in POLICIES:
        accuracy, length = facts.value(name, SUITE), facts.value(name, SUITE, "tokens")
        if accuracy is not None and length is not None:
            error = facts.value(name, SUITE, "stderr") or 0.0
            points.append(Series(name, [(length, accuracy)], [error], COLOURS[name]))
    drawing = charts.scatter(
        points,
        title="accuracy against tokens",
        x_label="tokens per response",
        y_label="pass@1",
        y_format=charts.percent,
    )
    note = "Text suites; up and to the left is better (§2.4; compare Fig. 7)."
    return section("Long to short", note, grid([card("Accuracy against tokens", drawing)]))


def needles(facts: Facts) -> str:
    rows = []
    for name in facts.metrics["evaluate"]:
        values = [facts.value(name, f"needle.{length}") for length in facts.needle_lengths]
        rows.append([name, *(Cell(share(value), "heat", value or 0.0) for value in values)])
    body = table(["checkpoint", *map(str, facts.needle_lengths)], rows)
    return section("Needle map", "Retrieval of one code from a text, by context length in tokens.", body)


def timing(facts: Facts) -> str:
    items = [(stage, seconds, duration(seconds)) for stage, seconds in facts.timing.items()]
    drawing = charts.bars(items, title="wall time by stage")
    note = f"Together {duration(sum(facts.timing.values()))}; this report not counted."
    return section("Time", note, grid([card("Wall time by stage", drawing)]))


def lineage(facts: Facts) -> str:
    artifacts: list[list[Cell | str]] = [
        [
            name,
            prose(found["schema"]),
            "–" if found["rows"] is None else f"{found['rows']:,}",
            f"{found['bytes'] / 1e6:.2f} MB",
            found["digest"][:16],
            prose(", ".join(found["parents"])),
        ]
        for name, found in facts.artifacts.items()
    ]
    outputs: list[list[Cell | str]] = [
        [stage, prose(path), digest] for stage, outs in facts.lock.items() for path, digest in outs.items()
    ]
    body = (
        table(["artifact", "schema", "rows", "size", "digest", "made from"], artifacts)
        + details("Parameters", preformatted(json.dumps(facts.params, indent=2, ensure_ascii=False)))
        + details("dvc.lock", table(["stage", "output", "digest"], outputs))
    )
    note = f"Code revision {facts.revision}. Artifacts are identified by the digest of their manifest."
    return section("Parameters and lineage", note, body)


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
