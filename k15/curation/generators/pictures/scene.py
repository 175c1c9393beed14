"""Scenes of coloured shapes in the cells of a grid, and their captions, questions and step-by-step stories (App. B:
captions, QA, interleaved)."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass

from k15.curation.generators.pictures.base import Drawn, article, asked, listed
from k15.curation.generators.pictures.canvas import COLOURS, PAPERS, RGB, SHAPES, Canvas

SIDE = 420
PLACES = (
    "top left", "top centre", "top right", "middle left", "centre", "middle right",
    "bottom left", "bottom centre", "bottom right",
)  # fmt: skip
_RADIUS = {"small": 0.2, "large": 0.36}  # of a cell


@dataclass(frozen=True)
class Thing:
    """A shape in a cell of the grid; x, y and radius in pixels."""

    shape: str
    colour: str
    size: str
    row: int
    column: int
    x: float
    y: float
    radius: float

    @property
    def name(self) -> str:
        return f"{self.colour} {self.shape}"


def place(rng: random.Random, grid: int, looks: list[tuple[str, str, str]]) -> list[Thing]:
    """Things of the (shape, colour, size) in `looks`, each in its own cell."""
    cell = SIDE / grid
    things = []
    for (shape, colour, size), number in zip(looks, rng.sample(range(grid * grid), len(looks)), strict=True):
        row, column = divmod(number, grid)
        radius = cell * _RADIUS[size] * rng.uniform(0.92, 1.0)
        free = max(0.0, cell / 2 - radius * 1.3)
        x, y = ((index + 0.5) * cell + rng.uniform(-free, free) for index in (column, row))
        things.append(Thing(shape, colour, size, row, column, round(x, 1), round(y, 1), round(radius, 1)))
    return sorted(things, key=lambda thing: (thing.row, thing.column))


def unlike(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """Looks of which no two have both shape and colour in common."""
    pairs = rng.sample([(shape, colour) for shape in SHAPES for colour in COLOURS], count)
    return [(shape, colour, rng.choice(list(_RADIUS))) for shape, colour in pairs]


def paint(things: list[Thing], paper: RGB, lines: int = 0) -> bytes:
    """The scene; with a grid of `lines` by `lines` cells, where rows and columns matter."""
    canvas = Canvas(SIDE, SIDE, paper)
    for number in range(1, lines):
        at = SIDE * number / lines
        canvas.line([(at, 0), (at, SIDE)], (200, 200, 200), 1)
        canvas.line([(0, at), (SIDE, at)], (200, 200, 200), 1)
    for thing in things:
        canvas.shape(thing.shape, (thing.x, thing.y), thing.radius, COLOURS[thing.colour])
    return canvas.png()


def data(things: list[Thing]) -> list[dict[str, object]]:
    return [asdict(thing) for thing in things]


def _where(thing: Thing) -> str:
    return PLACES[3 * thing.row + thing.column]


def _full(thing: Thing) -> str:
    return f"a {thing.size} {thing.name}"


def caption(rng: random.Random) -> Drawn:
    """All things with their places, or how many there are of each shape, or one sentence of all."""
    things, paper = place(rng, 3, unlike(rng, rng.randint(2, 7))), rng.choice(PAPERS)
    form = rng.choice(("places", "counts", "row"))
    if form == "places":
        text = " ".join(f"{_where(t).capitalize()}: {_full(t)}." for t in things)
    elif form == "counts":
        counts = Counter(thing.shape for thing in things)
        parts = [f"{n} {plural(shape, n)}" for shape, n in sorted(counts.items())]
        text = f"A picture with {len(things)} shapes: {listed(parts)}."
    else:
        text = f"Row by row: {listed([_full(thing) for thing in things])}."
    text = rng.choice(("<image>\n{}", "{}\n<image>", "Picture: <image>\n{}")).format(text)
    return Drawn(text, (paint(things, paper),), {"form": form, "paper": paper, "things": data(things)})


def plural(shape: str, number: int) -> str:
    return shape if number == 1 else f"{shape}es" if shape == "cross" else f"{shape}s"


def _question(rng: random.Random, things: list[Thing]) -> tuple[str, str]:
    thing = rng.choice(things)
    shapes, colours = (Counter(getattr(t, key) for t in things) for key in ("shape", "colour"))
    choices = [(f"What is at the {_where(thing)}?", f"A {thing.size} {thing.name}")]
    choices += [(f"Where is the {thing.name}?", f"At the {_where(thing)}")]
    choices += [(f"Is the {thing.name} small or large?", thing.size.capitalize())]
    if shapes[thing.shape] == 1:
        choices += [(f"What colour is the {thing.shape}?", thing.colour.capitalize())]
    if colours[thing.colour] == 1:
        choices += [(f"What shape is the {thing.colour} thing?", article(thing.shape).capitalize())]
    other = rng.choice([colour for colour in COLOURS if colours[colour] == 0] or ["white"])
    colour = rng.choice((thing.colour, other))
    choices += [(f"Is anything {colour} in the picture?", "Yes" if colours[colour] else "No")]
    return rng.choice(choices)


def qa(rng: random.Random) -> Drawn:
    """A question on one thing of the scene."""
    things, paper = place(rng, 3, unlike(rng, rng.randint(3, 8))), rng.choice(PAPERS)
    question, answer = _question(rng, things)
    program = {"paper": paper, "things": data(things), "question": question, "answer": answer}
    return Drawn(asked(question, answer), (paint(things, paper),), program)


def interleaved(rng: random.Random) -> Drawn:
    """A picture that grows by one thing at a time, told in turn with its states; or the states out of order, with the
    task to put them in order."""
    things, paper = place(rng, 3, unlike(rng, rng.randint(3, 5))), rng.choice(PAPERS)
    rng.shuffle(things)
    states = [things[: n + 1] for n in range(len(things))]
    order = list(range(len(states)))
    steps = [f"{_full(thing)} at the {_where(thing)}" for thing in things]
    if rng.random() < 0.5:
        words = ["First comes", *["Then comes"] * (len(steps) - 2), "At last comes"]
        text = "\n".join(f"{word} {step}.\n<image>" for word, step in zip(words, steps, strict=True))
    else:
        rng.shuffle(order)
        letters = "ABCDE"[: len(order)]
        shown = "\n".join(f"Picture {letter}: <image>" for letter in letters)
        answer = ", ".join(letters[order.index(state)] for state in range(len(states)))
        text = (
            f"These pictures of one page being drawn are out of order.\n{shown}\nIn order they are {answer}. "
            f"Drawn one after the other: {listed(steps)}."
        )
    images = tuple(paint(states[state], paper) for state in order)
    program = {"paper": paper, "shown": [data(states[state]) for state in order], "things": data(things)}
    return Drawn(text, images, {**program, "order": order})
