"""Answers to chart questions from the chart's data, by the words of the question."""

from __future__ import annotations

import csv
import io
import re
import statistics
from typing import Any

Chart = dict[str, Any]


def answer(chart: Chart, asked: str) -> str | None:
    """The answer, or None where the question has none or more than one."""
    if asked == "Write the data of this chart as CSV.":
        return None  # `data` reads it
    special = {"pie": _pie, "scatter": _scatter, "histogram": _histogram, "box": _box}
    return special[chart["type"]](chart, asked) if chart["type"] in special else _table(chart, asked)


def data(chart: Chart, said: str) -> bool:
    """Whether CSV says what the chart shows."""
    header, *rows = csv.reader(io.StringIO(said))
    wanted = {(s, c): str(v) for s, vs in chart["series"].items() for c, v in zip(chart["categories"], vs, strict=True)}
    names = list(chart["series"])
    if header != ["", *(names if len(names) > 1 else [chart["unit"]])]:
        return False
    found = {(name, row[0]): value for row in rows for name, value in zip(names, row[1:], strict=True)}
    return found == wanted


def caption(chart: Chart, text: str) -> list[str]:
    """What is wrong with a caption of a chart of one series."""
    (values,) = chart["series"].values()
    shown = dict(zip(chart["categories"], values, strict=True))
    match = re.search(r'A (\w+) chart called "(.+)"(?: \((.+)\))?: (.+)\. The highest value is (.+)\.', text)
    if (
        match is None
        or (match[1], match[2]) != (chart["type"], chart["title"])
        or match[3] not in (None, chart["unit"])
    ):
        return ["the caption names another chart"]
    said = {name: int(value) for name, value in re.findall(r"(.+?) (\d+)(?:, | and |$)", match[4])}
    best = f"that of {_extreme(dict(shown), 'highest')}, the lowest that of {_extreme(dict(shown), 'lowest')}"
    return [] if said == shown and match[5] == best else [f"{said} is said, {shown} shown"]


def _extreme(values: dict[str, float], word: str) -> str | None:
    ranked = sorted(values, key=lambda name: values[name], reverse=word in ("highest", "largest", "most"))
    return None if values[ranked[0]] == values[ranked[1]] else ranked[0]


def _yes(truth: bool) -> str:
    return "Yes" if truth else "No"


def _table(chart: Chart, asked: str) -> str | None:
    series = chart["series"]
    of = r"(?: of (.+?))?"

    def row(name: str | None) -> dict[str, int]:
        return dict(zip(chart["categories"], series[name] if name else next(iter(series.values())), strict=True))

    if match := re.fullmatch(rf"What is the value{of} for (.+)\?", asked):
        return str(row(match[1])[match[2]])
    if match := re.fullmatch(rf"By how much do the values{of} for (.+) and (.+) differ\?", asked):
        return str(abs(row(match[1])[match[2]] - row(match[1])[match[3]]))
    if match := re.fullmatch(rf"Is the value{of} for (.+) higher than for (.+)\?", asked):
        return _yes(row(match[1])[match[2]] > row(match[1])[match[3]])
    if match := re.fullmatch(rf"Where is the value{of} (highest|lowest)\?", asked):
        return _extreme(dict(row(match[1])), match[2])
    if match := re.fullmatch(rf"For how many categories is the value{of} above (\d+)\?", asked):
        return str(len([v for v in row(match[1]).values() if v > int(match[2])]))
    if match := re.fullmatch(rf"Is the line{of} higher or lower at (.+) than at (.+)\?", asked):
        return "Higher" if row(match[1])[match[2]] > row(match[1])[match[3]] else "Lower"
    if match := re.fullmatch(rf"How many times does the line{of} rise from one point to the next\?", asked):
        values = list(row(match[1]).values())
        return str(len([n for n in range(1, len(values)) if values[n] - values[n - 1] > 0]))
    totals = {c: sum(values[n] for values in series.values()) for n, c in enumerate(chart["categories"])}
    if match := re.fullmatch(r"What is the total for (.+)\?", asked):
        return str(totals[match[1]])
    if match := re.fullmatch(r"Where is the total (highest|lowest)\?", asked):
        return _extreme(dict(totals), match[1])
    return None


def _pie(chart: Chart, asked: str) -> str | None:
    shares = dict(zip(chart["categories"], chart["series"]["Share"], strict=True))
    if sum(shares.values()) != 100:
        return None
    if match := re.fullmatch(r"Which slice is the (largest|smallest)\?", asked):
        return _extreme(dict(shares), match[1])
    if match := re.fullmatch(r"Is the slice of (.+) larger than that of (.+)\?", asked):
        return _yes(shares[match[1]] > shares[match[2]])
    if match := re.fullmatch(r"What is the share of (.+)\?", asked):
        return f"{shares[match[1]]}%"
    if match := re.fullmatch(r"How many percentage points lie between (.+) and (.+)\?", asked):
        return str(abs(shares[match[1]] - shares[match[2]]))
    return str(len(shares)) if asked == "How many slices are there?" else None


def _scatter(chart: Chart, asked: str) -> str | None:
    groups = chart["series"]
    if asked == "How many points are there in all?":
        return str(sum(len(points) for points in groups.values()))
    if match := re.fullmatch(r"How many points(?: of (.+))? are there\?", asked):
        return str(len(groups[match[1] or next(iter(groups))]))
    if match := re.fullmatch(r"Do the points(?: of (.+))? rise or fall from left to right\?", asked):
        x, y = zip(*groups[match[1] or next(iter(groups))], strict=True)
        slope = statistics.linear_regression(x, y).slope
        return "They rise" if slope > 0 else "They fall"
    return None


def _histogram(chart: Chart, asked: str) -> str | None:
    edges, samples = chart["extra"]["edges"], chart["series"]["Samples"]
    if any(sample in edges for sample in samples):
        return None
    if match := re.fullmatch(r"How many samples lie between (\d+) and (\d+)\?", asked):
        return str(len([s for s in samples if int(match[1]) < s < int(match[2])]))
    if match := re.fullmatch(r"Which bin has the (most|fewest) samples\?", asked):
        width = edges[1] - edges[0]
        bins = [int(sample // width) for sample in samples]
        counts = {f"Between {b * width} and {b * width + width}": float(bins.count(b)) for b in range(len(edges) - 1)}
        return _extreme(counts, match[1])
    return None


def _box(chart: Chart, asked: str) -> str | None:
    medians = {name: statistics.median(values) for name, values in chart["series"].items()}
    if match := re.fullmatch(r"What is the median of (.+)\?", asked):
        return str(medians[match[1]])
    if match := re.fullmatch(r"Where is the median (highest|lowest)\?", asked):
        return _extreme(dict(medians), match[1])
    if match := re.fullmatch(r"Is the median of (.+) higher than that of (.+)\?", asked):
        return _yes(medians[match[1]] > medians[match[2]])
    if match := re.fullmatch(r"How far apart are the quartiles of (.+)\?", asked):
        low, _, high = statistics.quantiles(chart["series"][match[1]], n=4, method="inclusive")
        return f"{high - low:g}"
    return str(len(medians)) if asked == "How many boxes are there?" else None
