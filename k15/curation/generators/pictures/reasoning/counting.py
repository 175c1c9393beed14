"""Counting: how many things of a colour, of a shape or of both, what is left out, and how many more of one than of
another. Answers go from 0 to 20."""

from __future__ import annotations

import random

from k15.curation.generators.pictures import scene
from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import COLOURS, PAPERS, SHAPES


def draw(rng: random.Random) -> Drawn:
    """Up to 30 things of a few colours and shapes."""
    shapes, colours = rng.sample(SHAPES, rng.randint(2, 4)), rng.sample(list(COLOURS), rng.randint(2, 4))
    looks = [
        (rng.choice(shapes), rng.choice(colours), rng.choice(("small", "large"))) for _ in range(rng.randint(5, 30))
    ]
    things, paper = scene.place(rng, 6, looks), rng.choice(PAPERS)
    shape, colour = rng.choice(shapes), rng.choice(colours)
    kind = rng.choice(("colour", "shape", "both", "neither", "more", "all"))
    if kind == "colour":
        question, answer = f"How many {colour} shapes are there?", sum(t.colour == colour for t in things)
    elif kind == "shape":
        question, answer = f"How many {scene.plural(shape, 2)} are there?", sum(t.shape == shape for t in things)
    elif kind == "both":
        answer = sum((t.shape, t.colour) == (shape, colour) for t in things)
        question = f"How many {colour} {scene.plural(shape, 2)} are there?"
    elif kind == "neither":
        question, answer = f"How many shapes are not {colour}?", sum(t.colour != colour for t in things)
    elif kind == "more":
        first, second = rng.sample(colours, 2)
        counts = [sum(t.colour == name for t in things) for name in (first, second)]
        if counts[0] < counts[1]:
            first, second = second, first
        question, answer = f"How many more {first} shapes than {second} shapes are there?", abs(counts[0] - counts[1])
    else:
        question, answer = "How many shapes are there?", len(things)
    program = {"paper": paper, "things": scene.data(things), "question": question, "answer": str(answer)}
    return Drawn(asked(question, str(answer)), (scene.paint(things, paper),), program)
