"""Spatial relations between things in a grid: what is left of, above or next to what, and what is at a place."""

from __future__ import annotations

import random

from k15.curation.generators.pictures import scene
from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import PAPERS

GRID = 4
# Words, and the step in rows and columns that they stand for.
WAYS = {"directly to the right of": (0, 1), "directly to the left of": (0, -1), "directly above": (-1, 0),
        "directly below": (1, 0)}  # fmt: skip
SIDEWAYS = ("to the left of", "to the right of")
RELATIONS = (*SIDEWAYS, "above", "below")


def _holds(relation: str, a: scene.Thing, b: scene.Thing) -> bool:
    return {
        "to the left of": a.column < b.column,
        "to the right of": a.column > b.column,
        "above": a.row < b.row,
        "below": a.row > b.row,
    }[relation]


def draw(rng: random.Random) -> Drawn:
    """Six to twelve different things in a four by four grid."""
    things, paper = scene.place(rng, GRID, scene.unlike(rng, rng.randint(6, 12))), rng.choice(PAPERS)
    kind = rng.choice(("relation", "next", "next", "count"))
    if kind == "next":
        way, (down, right) = rng.choice(list(WAYS.items()))
        cells = {(t.row, t.column): t for t in things}
        thing = rng.choice(things)
        near = cells.get((thing.row + down, thing.column + right))
        if near is None and rng.random() < 0.8:  # most are asked where there is something
            return draw(rng)
        question = f"What is in the cell {way} the {thing.name}?"
        answer = f"The {near.name}" if near else "Nothing"
    elif kind == "relation":
        relation, (a, b) = rng.choice(RELATIONS), rng.sample(things, 2)
        if (a.column == b.column) if relation in SIDEWAYS else (a.row == b.row):
            return draw(rng)
        question = f"Is the {a.name} {relation} the {b.name}?"
        answer = "Yes" if _holds(relation, a, b) else "No"
    else:
        relation, thing = rng.choice(RELATIONS), rng.choice(things)
        lines = "columns" if relation in SIDEWAYS else "rows"
        question = f"Counting whole {lines}, how many shapes are {relation} the {thing.name}?"
        answer = str(sum(_holds(relation, other, thing) for other in things))
    program = {"grid": GRID, "paper": paper, "things": scene.data(things), "question": question, "answer": answer}
    return Drawn(asked(question, answer), (scene.paint(things, paper, lines=GRID),), program)
