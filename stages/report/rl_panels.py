"""The charts of an RL run: which columns of its curve, and of the seconds of its phases, each of them shows.

The names of columns are here, and those of the headline in `rl_page`. A panel shows those of its columns that the run
has, and is left out where it has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.report import charts
from stages.report.charts import Format, Series, count, percent, plain, power
from stages.report.markup import card, legend

Rows = Sequence[Mapping[str, float]]
SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Panel:
    title: str
    columns: Mapping[str, str]
    """Column → its name in the legend; its place is its colour."""
    y_format: Format = plain
    y_range: tuple[float, float] | None = None
    stacked: bool = False
    log: bool = False
    optional: bool = False
    """Left out where the first column is 0 throughout, as in a run without partial rollouts."""


ACCURACY = Panel("Accuracy", {"accuracy": "rollouts", "heldout_accuracy": "held-out problems"}, percent)
LENGTH = Panel("Response length, tokens", {"length": "rollouts", "heldout_length": "held-out problems"})
ENDS = {"stop": "stop", "truncated": "length", "repeated": "repetition", "aged": "age"}
FINISH = Panel("How responses ended", ENDS, percent, SHARE, stacked=True)
OVERVIEW = (ACCURACY, LENGTH, FINISH)
PANELS = (
    *OVERVIEW,
    Panel(
        "Mismatch: |log p| of trainer against engine",
        {"mismatch": "mean", "mismatch_max": "largest", "canary": "canaries"},
        power,
        log=True,
    ),
    Panel(
        "Factor between a token's probabilities, and KL",
        {"mismatch_factor": "mean factor − 1", "mismatch_kl": "KL estimate"},
        power,
        log=True,
    ),
    Panel(
        "What was sampled, by curated difficulty",
        {"share_easy": "easy", "share_medium": "medium", "share_hard": "hard"},
        percent,
        SHARE,
        stacked=True,
    ),
    Panel(
        "Success rates, by curated difficulty",
        {"success_easy": "easy", "success_medium": "medium", "success_hard": "hard"},
        percent,
        SHARE,
    ),
    Panel("Prompts that sampling is spread over", {"effective_prompts": "effective number"}),
    Panel(
        "Partial rollouts: carried over, responses",
        {"carried_responses": "unfinished", "expired": "too old"},
        optional=True,
    ),
    Panel(
        "Partial rollouts: carried over, tokens",
        {"carried_tokens": "carried", "sampled_tokens": "sampled"},
        optional=True,
    ),
    Panel("Partial rollouts: responses in several parts", {"in_parts": "share"}, percent, optional=True),
    Panel("Reward", {"reward": "with length reward and penalties", "accuracy": "verifier's alone"}),
    Panel("Loss", {"loss": "last step"}),
    Panel("Gradient norm", {"grad_norm": "before clipping"}),
    Panel("Groups with a difference in reward", {"groups": "trained on"}),
    Panel("Trained tokens", {"trained_tokens": "in the loss"}, count),
    Panel("Packing", {"efficiency": "tokens per place in a microbatch"}, percent),
)
PHASES = {
    "rollout": ("rollout",),
    "waiting for rewards": ("reward_wait",),
    "update": ("update",),
    "weights": ("gather", "weights", "to_training"),
    "checks": ("checks",),
    "validation": ("validation",),
    "checkpoint": ("checkpoint",),
}
"""Phase → columns of the seconds that it is made of."""


def panels(rows: Rows, wanted: Sequence[Panel] = PANELS) -> list[str]:
    rows = [{**row, **_derived(row)} for row in rows]
    return [drawn for panel in wanted if (drawn := _drawn(panel, rows))]


def _derived(row: Mapping[str, float]) -> dict[str, float]:
    return {
        "stop": 1.0 - sum(row.get(name, 0.0) for name in ENDS),
        "mismatch_factor": row["mismatch_multiplicative"] - 1,
    }


def _drawn(panel: Panel, rows: Rows) -> str:
    series = [
        Series(name, [(row["iteration"], row[column]) for row in rows if column in row], colour=place)
        for place, (column, name) in enumerate(panel.columns.items())
    ]
    series = [one for one in series if one.points]
    if not series or (panel.optional and not any(y for _, y in series[0].points)):
        return ""
    drawing = (_stacked if panel.stacked else _lines)(panel, series)
    return card(panel.title, legend([(one.name, one.colour) for one in series]) + drawing)


def _stacked(panel: Panel, series: Sequence[Series]) -> str:
    return charts.stacked(
        series, title=panel.title, x_label="iteration", y_label="", y_range=panel.y_range, y_format=panel.y_format
    )


def _lines(panel: Panel, series: Sequence[Series]) -> str:
    y_range = panel.y_range
    if y_range is None and panel.y_format is percent:  # the margins of an axis of shares end with 0 and 1
        low, high = charts.spread([y for one in series for _, y in one.points])
        y_range = max(0.0, low), min(1.0, high)
    return charts.lines(
        series,
        title=panel.title,
        x_label="iteration",
        y_label="",
        y_range=y_range,
        y_format=panel.y_format,
        log=panel.log,
    )


def phase_panels(rows: Rows) -> list[str]:
    """Seconds of each phase by iteration, and over the whole run."""
    series = [
        Series(name, [(row["iteration"], sum(row.get(c, 0.0) for c in columns)) for row in rows], colour=place)
        for place, (name, columns) in enumerate(PHASES.items())
    ]
    seconds = {one.name: sum(y for _, y in one.points) for one in series}
    whole = sum(seconds.values()) or 1.0
    drawing = charts.stacked(series, title="seconds by phase", x_label="iteration", y_label="seconds")
    items = [(name, value, f"{value:.1f} s, {value / whole:.1%}") for name, value in seconds.items()]
    return [
        card("Seconds of an iteration", legend([(one.name, one.colour) for one in series]) + drawing),
        card("Over all iterations", charts.bars(items, title="seconds over all iterations")),
    ]
