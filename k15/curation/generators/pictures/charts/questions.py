"""Questions on charts: retrieval, comparison, extremum, difference, trend, counting, and the whole data as CSV.

Guarantees: an answer can be read off the chart and is the only right one; an extremum is asked only where it is unique.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from k15.curation.generators.pictures.charts.data import Chart


class Asked(NamedTuple):
    kind: str
    question: str
    answer: str


def _best(names: list[str], values: list[float], highest: bool) -> str | None:
    """The name of the unique extreme value."""
    extreme = max(values) if highest else min(values)
    return names[values.index(extreme)] if values.count(extreme) == 1 else None


def _categorical(rng: random.Random, chart: Chart) -> list[Asked]:
    name = rng.choice(list(chart.series))
    values, categories = chart.series[name], chart.categories
    of = f" of {name}" if len(chart.series) > 1 else ""
    first, second = rng.sample(range(len(categories)), 2)
    left, right, a, b = categories[first], categories[second], values[first], values[second]
    wanted = [Asked("retrieval", f"What is the value{of} for {left}?", str(a))]
    wanted.append(Asked("difference", f"By how much do the values{of} for {left} and {right} differ?", str(abs(a - b))))
    if a != b:
        answer = "Yes" if a > b else "No"
        wanted.append(Asked("comparison", f"Is the value{of} for {left} higher than for {right}?", answer))
    highest = rng.random() < 0.5
    if best := _best(categories, values, highest):
        wanted.append(Asked("extremum", f"Where is the value{of} {'highest' if highest else 'lowest'}?", best))
    bound = chart.step * rng.randint(min(values) // chart.step, max(values) // chart.step)
    above = sum(value > bound for value in values)
    wanted.append(Asked("counting", f"For how many categories is the value{of} above {bound}?", str(above)))
    return wanted


def _line(rng: random.Random, chart: Chart) -> list[Asked]:
    name = rng.choice(list(chart.series))
    values, line = chart.series[name], f"line of {name}" if len(chart.series) > 1 else "line"
    first, last = sorted(rng.sample(range(len(values)), 2))
    steps = sum(b > a for a, b in pairwise(values))
    return [
        *_categorical(rng, chart),
        Asked("trend", f"Is the {line} higher or lower at {chart.categories[last]} than at {chart.categories[first]}?",
              "Higher" if values[last] > values[first] else "Lower"),
        Asked("trend", f"How many times does the {line} rise from one point to the next?", str(steps)),
    ]  # fmt: skip


def _stacked(rng: random.Random, chart: Chart) -> list[Asked]:
    totals = [sum(values) for values in zip(*chart.series.values(), strict=True)]
    index, highest = rng.randrange(len(totals)), rng.random() < 0.5
    wanted = [Asked("retrieval", f"What is the total for {chart.categories[index]}?", str(totals[index]))]
    if best := _best(chart.categories, totals, highest):
        wanted.append(Asked("extremum", f"Where is the total {'highest' if highest else 'lowest'}?", best))
    return wanted + _categorical(rng, chart)


def _pie(rng: random.Random, chart: Chart) -> list[Asked]:
    shares, names = chart.series["Share"], chart.categories
    (a, first), (b, second) = rng.sample(list(zip(shares, names, strict=True)), 2)
    highest = rng.random() < 0.5
    best = _best(names, shares, highest)
    wanted = [
        Asked("extremum", f"Which slice is the {'largest' if highest else 'smallest'}?", str(best)),
        Asked("comparison", f"Is the slice of {first} larger than that of {second}?", "Yes" if a > b else "No"),
        Asked("counting", "How many slices are there?", str(len(names))),
    ]
    if chart.labelled:
        wanted += [
            Asked("retrieval", f"What is the share of {first}?", f"{a}%"),
            Asked("difference", f"How many percentage points lie between {first} and {second}?", str(abs(a - b))),
        ]
    return wanted


def _scatter(rng: random.Random, chart: Chart) -> list[Asked]:
    name = rng.choice(list(chart.series))
    points = chart.series[name]
    of = f" of {name}" if len(chart.series) > 1 else ""
    left, right = min(points), max(points)
    trend = "They rise" if right[1] > left[1] else "They fall"
    whole = sum(map(len, chart.series.values()))
    return [
        Asked("counting", f"How many points{of} are there?", str(len(points))),
        Asked("counting", "How many points are there in all?", str(whole)),
        Asked("trend", f"Do the points{of} rise or fall from left to right?", trend),
    ]


def _histogram(rng: random.Random, chart: Chart) -> list[Asked]:
    edges, samples = chart.extra["edges"], chart.series["Samples"]
    counts = [sum(low < sample < high for sample in samples) for low, high in pairwise(edges)]
    one, highest = rng.randrange(len(counts)), rng.random() < 0.5
    first, last = sorted(rng.sample(range(len(edges)), 2))
    whole = sum(counts[first:last])
    bins = [f"Between {low} and {high}" for low, high in pairwise(edges)]
    return [
        Asked("retrieval", f"How many samples lie between {edges[one]} and {edges[one + 1]}?", str(counts[one])),
        Asked("counting", f"How many samples lie between {edges[first]} and {edges[last]}?", str(whole)),
        Asked("extremum", f"Which bin has the {'most' if highest else 'fewest'} samples?",
              str(_best(bins, list(map(float, counts)), highest))),
    ]  # fmt: skip


def _box(rng: random.Random, chart: Chart) -> list[Asked]:
    first, second = rng.sample(chart.categories, 2)
    _, low, a, high, _ = chart.series[first]
    b, medians, highest = chart.series[second][2], [five[2] for five in chart.series.values()], rng.random() < 0.5
    return [
        Asked("retrieval", f"What is the median of {first}?", str(a)),
        Asked("extremum", f"Where is the median {'highest' if highest else 'lowest'}?",
              str(_best(chart.categories, medians, highest))),
        Asked("comparison", f"Is the median of {first} higher than that of {second}?", "Yes" if a > b else "No"),
        Asked("difference", f"How far apart are the quartiles of {first}?", str(high - low)),
        Asked("counting", "How many boxes are there?", str(len(medians))),
    ]  # fmt: skip


def _csv(chart: Chart) -> Asked:
    names = [name if len(chart.series) > 1 else chart.unit for name in chart.series]
    lines = [",".join(["", *names])]
    for index, category in enumerate(chart.categories):
        lines.append(",".join([category, *(str(values[index]) for values in chart.series.values())]))
    return Asked("data", "Write the data of this chart as CSV.", "\n".join(lines))


_WRITERS: dict[str, Callable[[random.Random, Chart], list[Asked]]] = {
    "line": _line, "bar": _categorical, "grouped": _categorical, "stacked": _stacked, "pie": _pie,
    "scatter": _scatter, "histogram": _histogram, "box": _box, "heatmap": _categorical,
}  # fmt: skip


def ask(rng: random.Random, chart: Chart) -> Asked:
    """One question on the chart: first its kind by chance, so that no kind is frequent for having many forms."""
    wanted = _WRITERS[chart.type](rng, chart)
    if chart.type in ("bar", "grouped", "stacked", "line", "heatmap") or (chart.type == "pie" and chart.labelled):
        wanted.append(_csv(chart))
    kind = rng.choice(sorted({question.kind for question in wanted}))
    return rng.choice([question for question in wanted if question.kind == kind])
