"""Charts as documents: with a question, or with a caption."""

from __future__ import annotations

import random
from dataclasses import asdict

from k15.curation.generators.pictures.base import Drawn, asked, listed
from k15.curation.generators.pictures.charts import data, drawing, questions


def draw(rng: random.Random) -> Drawn:
    """A chart of any type with a question of any kind that suits it."""
    chart = data.draw(rng, rng.choice(data.TYPES))
    picture, look = drawing.render(rng, chart)
    wanted = questions.ask(rng, chart)
    program = {**asdict(chart), **look, "asked": wanted.kind, "question": wanted.question, "answer": wanted.answer}
    return Drawn(asked(wanted.question, wanted.answer), (picture,), program)


def caption(rng: random.Random) -> Drawn:
    """A chart of one series, and all of its numbers in words."""
    chart = data.draw(rng, rng.choice(("bar", "line", "pie")))
    while len(chart.series) > 1 or (chart.type == "pie" and not chart.labelled):
        chart = data.draw(rng, chart.type)
    picture, look = drawing.render(rng, chart)
    (values,) = chart.series.values()
    ranked = sorted(zip(values, chart.categories, strict=True))
    said = listed([f"{name} {value}" for name, value in zip(chart.categories, values, strict=True)])
    unit = "" if chart.type == "pie" else f" ({chart.unit})"
    text = (
        f'A {chart.type} chart called "{chart.title}"{unit}: {said}. '
        f"The highest value is that of {ranked[-1][1]}, the lowest that of {ranked[0][1]}."
    )
    return Drawn(rng.choice((f"<image>\n{text}", f"{text}\n<image>")), (picture,), {**asdict(chart), **look})
