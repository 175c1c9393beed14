"""Matrices in the manner of Raven: three by three panels, one rule for each attribute along the rows; which panel
completes it?"""

from __future__ import annotations

import random

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import PAPERS, Canvas
from k15.curation.generators.pictures.reasoning.panels import CELL, COUNTS, VALUES, Panel, data, options, paint

RULES = ("constant", "row", "column", "three", "progression")
_GAP = 8
_OPTIONS = 6


def _values(rng: random.Random, attribute: str, rule: str) -> list[list[object]]:
    """Three rows of three values. `three`: each of three values once in every row and column; `progression`: one more
    from panel to panel."""
    if rule == "constant":
        return [[rng.choice(VALUES[attribute])] * 3] * 3
    if rule == "progression":
        starts = [rng.choice(COUNTS[:2]) for _ in range(3)]
        return [[start + column for column in range(3)] for start in starts]
    three = rng.sample(VALUES[attribute], 3)
    if rule == "row":
        return [[value] * 3 for value in three]
    if rule == "column":
        return [list(three)] * 3
    turn = rng.choice((1, 2))
    return [[three[(column + turn * row) % 3] for column in range(3)] for row in range(3)]


def draw(rng: random.Random) -> Drawn:
    """One matrix with six answers to choose from; at least two attributes change."""
    rules = dict.fromkeys(VALUES, "constant")
    for attribute in rng.sample(list(VALUES), rng.randint(2, 4)):
        rules[attribute] = rng.choice(RULES[1:] if attribute == "count" else RULES[1:4])
    values = {attribute: _values(rng, attribute, rule) for attribute, rule in rules.items()}
    panels = [
        Panel(**{name: rows[cell // 3][cell % 3] for name, rows in values.items()})  # type: ignore[arg-type]
        for cell in range(9)
    ]
    chosen = options(rng, panels[-1], _OPTIONS)
    canvas = Canvas((CELL + _GAP) * 7 + 4 * _GAP, (CELL + _GAP) * 3 + 3 * _GAP, rng.choice(PAPERS))
    for cell, panel in enumerate([*panels[:-1], None]):
        paint(canvas, panel, (_GAP + cell % 3 * (CELL + _GAP), _GAP + cell // 3 * (CELL + _GAP)))
    for number, panel in enumerate(chosen):
        place = ((CELL + _GAP) * (3.7 + number % 3), _GAP + number // 3 * (CELL + 48) + 24)
        paint(canvas, panel, place, "ABCDEF"[number])
    answer, question = (
        "ABCDEF"[chosen.index(panels[-1])],
        "Which of the panels A to F belongs in place of the question mark?",
    )
    program = {"rules": rules, "shown": data(panels[:-1]), "options": data(chosen)}
    return Drawn(asked(question, answer), (canvas.png(),), {**program, "question": question, "answer": answer})
