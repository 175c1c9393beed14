"""Series: five panels in which each attribute stays, alternates or goes on by a step; which comes next?"""

from __future__ import annotations

import random

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import PAPERS, Canvas
from k15.curation.generators.pictures.reasoning.panels import CELL, COUNTS, SIZES, VALUES, Panel, data, options, paint

SHOWN = 5
_GAP = 12


def _course(rng: random.Random, attribute: str, rule: str) -> list[object]:
    """The values of one attribute over the shown panels and the next."""
    if rule == "constant":
        return [rng.choice(VALUES[attribute])] * (SHOWN + 1)
    if rule == "alternating":
        a, b = rng.sample(VALUES[attribute], 2)
        return [(a, b)[n % 2] for n in range(SHOWN + 1)]
    cycle = list(
        COUNTS[:3] if attribute == "count" else SIZES if attribute == "size" else rng.sample(VALUES[attribute], 3)
    )
    if rng.random() < 0.5:
        cycle.reverse()
    return [cycle[n % 3] for n in range(SHOWN + 1)]


def draw(rng: random.Random) -> Drawn:
    """One series with four answers to choose from; at least one attribute changes."""
    rules = {attribute: rng.choice(("constant", "alternating", "cycle")) for attribute in VALUES}
    rules[rng.choice(list(VALUES))] = rng.choice(("alternating", "cycle"))
    courses = {attribute: _course(rng, attribute, rule) for attribute, rule in rules.items()}
    panels = [Panel(**{name: course[n] for name, course in courses.items()}) for n in range(SHOWN + 1)]  # type: ignore[arg-type]
    chosen = options(rng, panels[-1], 4)
    canvas = Canvas((CELL + _GAP) * 6 + _GAP, 2 * CELL + 100, rng.choice(PAPERS))
    for number, panel in enumerate([*panels[:-1], None]):
        paint(canvas, panel, (_GAP + number * (CELL + _GAP), 20))
    for number, panel in enumerate(chosen):
        paint(canvas, panel, (_GAP + (number + 1) * (CELL + _GAP), CELL + 60), "ABCD"[number])
    answer = "ABCD"[chosen.index(panels[-1])]
    question = "Which panel comes next, A, B, C or D?"
    program = {"rules": rules, "shown": data(panels[:-1]), "options": data(chosen)}
    return Drawn(asked(question, answer), (canvas.png(),), {**program, "question": question, "answer": answer})
