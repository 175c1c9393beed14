"""A chart with a question, as a document."""

from __future__ import annotations

import random
from dataclasses import asdict

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.charts import data, drawing, questions


def draw(rng: random.Random) -> Drawn:
    """A chart of any type with a question of any kind that suits it."""
    chart = data.draw(rng, rng.choice(data.TYPES))
    picture, look = drawing.render(rng, chart)
    wanted = questions.ask(rng, chart)
    program = {**asdict(chart), **look, "asked": wanted.kind, "question": wanted.question, "answer": wanted.answer}
    return Drawn(asked(wanted.question, wanted.answer), (picture,), program)
