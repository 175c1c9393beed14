"""Graphs: lettered nodes with weighted or plain edges that do not cross: shortest ways, degrees, edges, what hangs
together."""

from __future__ import annotations

import heapq
import random

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import GREY, INK, PAPERS, Canvas, Point

COLUMNS, ROWS, STEP = 4, 3, 118
Edge = tuple[str, str, int]


def _layout(rng: random.Random) -> dict[str, tuple[int, int]]:
    cells = rng.sample([(row, column) for row in range(ROWS) for column in range(COLUMNS)], rng.randint(6, 10))
    return dict(zip("ABCDEFGHIJ", sorted(cells), strict=False))


def _edges(rng: random.Random, cells: dict[str, tuple[int, int]]) -> list[Edge]:
    """Edges between neighbours in the grid, one diagonal a square at most: so none cross."""
    names = {cell: name for name, cell in cells.items()}
    edges: list[Edge] = []
    for row, column in names:
        falling = rng.random() < 0.5
        ways = [((row, column), (row, column + 1)), ((row, column), (row + 1, column))]
        ways += [((row, column), (row + 1, column + 1))] if falling else []
        ways += [((row, column + 1), (row + 1, column))] if not falling else []
        for a, b in ways:
            if a in names and b in names and rng.random() < 0.85:
                edges.append((names[a], names[b], rng.randint(1, 9)))
    return edges


def _distance(edges: list[Edge], start: str, goal: str) -> int | None:
    """The weight of the lightest way."""
    near: dict[str, list[tuple[str, int]]] = {}
    for a, b, weight in edges:
        near.setdefault(a, []).append((b, weight))
        near.setdefault(b, []).append((a, weight))
    heap, done = [(0, start)], set()
    while heap:
        far, node = heapq.heappop(heap)
        if node == goal:
            return far
        if node not in done:
            done.add(node)
            for other, weight in near.get(node, []):
                heapq.heappush(heap, (far + weight, other))
    return None


def _paint(rng: random.Random, places: dict[str, Point], edges: list[Edge], weighted: bool) -> bytes:
    paper = rng.choice(PAPERS)
    canvas = Canvas(COLUMNS * STEP + 30, ROWS * STEP + 20, paper)
    for a, b, _ in edges:
        canvas.line([places[a], places[b]], GREY, 2.5)
    for a, b, weight in edges if weighted else ():
        (x, y), (u, v) = places[a], places[b]
        middle = ((x + u) / 2, (y + v) / 2)
        canvas.disc(middle, 11, paper)
        canvas.text(middle, str(weight), 17, (170, 30, 30))
    for name, place in places.items():
        canvas.disc(place, 18, (225, 235, 250), INK)
        canvas.text(place, name, 19)
    return canvas.png()


def _question(rng: random.Random, nodes: list[str], edges: list[Edge], weighted: bool) -> tuple[str, str]:
    start, goal = rng.sample(nodes, 2)
    joined = _distance(edges, start, goal)
    kinds = ["degree", "edges", "path", "neighbours"] + (["shortest"] * 4 if weighted else ["hops"] * 3)
    kind = rng.choice(kinds)
    if kind in ("shortest", "hops") and joined is not None:
        if kind == "hops":
            steps = _distance([(a, b, 1) for a, b, _ in edges], start, goal)
            return f"How many edges has the shortest way from {start} to {goal}?", str(steps)
        return f"What is the total weight of the lightest way from {start} to {goal}?", str(joined)
    if kind in ("shortest", "hops"):
        kind = rng.choice(("degree", "edges", "neighbours"))
    near = sorted({b if a == start else a for a, b, _ in edges if start in (a, b)})
    if kind == "degree":
        return f"How many edges meet at {start}?", str(len(near))
    if kind == "edges":
        return "How many edges are there?", str(len(edges))
    if kind == "neighbours":
        return f"Which nodes are joined to {start} by an edge?", ", ".join(near) if near else "None"
    return f"Is there a way from {start} to {goal}?", "Yes" if joined is not None else "No"


def draw(rng: random.Random) -> Drawn:
    """One graph with one question."""
    cells = _layout(rng)
    edges, weighted = _edges(rng, cells), rng.random() < 0.6
    places = {
        name: (round(column * STEP + STEP / 2 + 15 + rng.uniform(-14, 14), 1),
               round(row * STEP + STEP / 2 + 10 + rng.uniform(-14, 14), 1))
        for name, (row, column) in cells.items()
    }  # fmt: skip
    question, answer = _question(rng, list(cells), edges, weighted)
    program = {"nodes": places, "edges": edges, "weighted": weighted, "question": question, "answer": answer}
    return Drawn(asked(question, answer), (_paint(rng, places, edges, weighted),), program)
