"""Mazes: how many steps the only way from the green to the red cell has, its first turns, or which of the lettered
cells can be reached at all."""

from __future__ import annotations

import random
from collections import deque
from itertools import pairwise

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import INK, PAPERS, Canvas

Cell = tuple[int, int]
SIDE, MARGIN = 400, 20
WAYS = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}


def _carve(rng: random.Random, size: int) -> set[frozenset[Cell]]:
    """A tree over all cells: the pairs of neighbours without a wall between them."""
    start = (rng.randrange(size), rng.randrange(size))
    open_, seen, stack = set(), {start}, [start]
    while stack:
        row, column = stack[-1]
        near = [(row + r, column + c) for r, c in WAYS.values()]
        fresh = [cell for cell in near if cell not in seen and all(0 <= index < size for index in cell)]
        if not fresh:
            stack.pop()
            continue
        following = rng.choice(fresh)
        open_.add(frozenset(((row, column), following)))
        seen.add(following)
        stack.append(following)
    return open_


def _way(open_: set[frozenset[Cell]], start: Cell, goal: Cell) -> list[Cell]:
    """The cells from start to goal; none if there is no way."""
    before: dict[Cell, Cell | None] = {start: None}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for r, c in WAYS.values():
            near = (cell[0] + r, cell[1] + c)
            if near not in before and frozenset((cell, near)) in open_:
                before[near] = cell
                queue.append(near)
    way, step = [], goal if goal in before else None
    while step is not None:
        way.append(step)
        step = before[step]
    return way[::-1]


def _paint(rng: random.Random, size: int, open_: set[frozenset[Cell]], marks: dict[str, Cell]) -> bytes:
    canvas, cell = Canvas(SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, rng.choice(PAPERS)), SIDE / size
    for name, (row, column) in marks.items():
        left, top = MARGIN + column * cell, MARGIN + row * cell
        if name in ("start", "goal"):
            canvas.box((left, top), (left + cell, top + cell), (90, 190, 100) if name == "start" else (225, 70, 70))
        else:
            canvas.text((left + cell / 2, top + cell / 2), name, round(cell * 0.5), (40, 70, 200))
    for row in range(size):
        for column in range(size):
            left, top = MARGIN + column * cell, MARGIN + row * cell
            if frozenset(((row, column), (row, column + 1))) not in open_:
                canvas.line([(left + cell, top), (left + cell, top + cell)], INK, 4)
            if frozenset(((row, column), (row + 1, column))) not in open_:
                canvas.line([(left, top + cell), (left + cell, top + cell)], INK, 4)
    end = MARGIN + SIDE
    canvas.line([(MARGIN, end), (MARGIN, MARGIN), (end, MARGIN)], INK, 4)
    return canvas.png()


def _lettered(rng: random.Random, size: int, open_: set[frozenset[Cell]]) -> tuple[dict[str, Cell], str, str]:
    """Closes two walls, and asks which lettered cells are still joined with the green one."""
    for wall in rng.sample(sorted(open_, key=sorted), 2):
        open_.discard(wall)
    reached: list[str] = []
    for _ in range(20):  # nearly always some can be reached and some not
        cells = rng.sample([(row, column) for row in range(size) for column in range(size)], 5)
        marks = dict(zip(("start", *"ABCD"), cells, strict=True))
        reached = [letter for letter in "ABCD" if _way(open_, marks["start"], marks[letter])]
        if 0 < len(reached) < 4:
            break
    question = "Which of the lettered cells can be reached from the green cell?"
    return marks, question, ", ".join(reached) if reached else "None"


def draw(rng: random.Random) -> Drawn:
    """One maze with one question."""
    size = rng.randint(4, 9)
    open_, kind = _carve(rng, size), rng.choice(("steps", "steps", "route", "reach"))
    if kind == "reach":
        marks, question, answer = _lettered(rng, size, open_)
    else:
        cells = [(row, column) for row in range(size) for column in range(size)]
        start, goal = rng.sample(cells, 2)
        way = _way(open_, start, goal)
        while not (2 <= len(way) - 1 <= (10 if kind == "route" else 30)):
            start, goal = rng.sample(cells, 2)
            way = _way(open_, start, goal)
        marks = {"start": start, "goal": goal}
        question = "How many steps is it from the green cell to the red one?"
        answer = str(len(way) - 1)
        if kind == "route":
            turns = {step: name for name, step in WAYS.items()}
            moves = [turns[(b[0] - a[0], b[1] - a[1])] for a, b in pairwise(way)]
            question, answer = "Give the steps from the green cell to the red one.", ", ".join(moves)
    program = {"size": size, "marks": marks, "open": sorted(sorted(pair) for pair in open_)}
    picture = _paint(rng, size, open_, marks)
    return Drawn(asked(question, answer), (picture,), {**program, "question": question, "answer": answer})
