"""Captions, questions, stories, counts and relations of scenes, answered from what the pixels show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from k15.curation.generators.pictures.checks.pixels import NotSeen, Seen, scene

_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


def _name(thing: Seen) -> str:
    return f"{thing.colour} {thing.shape}"


def _place(thing: Seen) -> str:
    return "centre" if thing.row == thing.column == 1 else f"{_ROWS[thing.row]} {_COLUMNS[thing.column]}"


def _single(word: str) -> str:
    return "cross" if word in ("cross", "crosses") else word.removesuffix("s")


def caption(text: str, program: dict[str, Any], images: Sequence[bytes]) -> list[str]:
    seen = scene(images[0], 3)
    if counted := re.search(r"with (\d+) shapes: (.+)\.", text):
        said = {_single(shape): int(n) for n, shape in re.findall(r"(\d+) (\w+)", counted[2])}
        right = said == dict(Counter(t.shape for t in seen)) and int(counted[1]) == len(seen)
    elif "Row by row" in text:
        said_things = re.findall(r"a (small|large) (\w+) (\w+)", text)
        right = said_things == [(t.size, t.colour, t.shape) for t in seen]
    else:
        placed = re.findall(r"([A-Z][a-z]+(?: [a-z]+)?): a (small|large) (\w+) (\w+)\.", text)
        right = [(p.lower(), *look) for p, *look in placed] == [(_place(t), t.size, t.colour, t.shape) for t in seen]
    return [] if right else [f"the picture shows {seen}"]


def story(text: str, program: dict[str, Any], images: Sequence[bytes]) -> list[str]:
    """Each state has one thing more than the one before it, which is the thing that the text tells of."""
    states = [set(scene(picture, 3)) for picture in images]
    if order := re.search(r"In order they are ([A-E, ]+)\.", text):
        states = [states["ABCDE".index(letter)] for letter in order[1].split(", ")]
    told = re.findall(r"a (small|large) (\w+) (\w+) at the ((?:top|middle|bottom) \w+|centre)", text)
    faults = [] if len(told) == len(states) == len(images) else ["not one step for each picture"]
    before: set[Seen] = set()
    for step, state in zip(told, states, strict=False):
        new = state - before
        if not before <= state or [(t.size, t.colour, t.shape, _place(t)) for t in new] != [tuple(step)]:
            faults.append(f"{step} does not tell of {new}")
        before = state
    return faults


def question(asked: str, things: list[Seen]) -> str | None:
    """The answer to a question of the family qa."""
    patterns: list[tuple[str, Callable[[re.Match[str]], Any]]] = [
        (r"What is at the (.+)\?", lambda m: [f"A {t.size} {_name(t)}" for t in things if _place(t) == m[1]]),
        (r"Where is the (.+)\?", lambda m: [f"At the {_place(t)}" for t in things if _name(t) == m[1]]),
        (r"Is the (.+) small or large\?", lambda m: [t.size.capitalize() for t in things if _name(t) == m[1]]),
        (r"What colour is the (.+)\?", lambda m: [t.colour.capitalize() for t in things if t.shape == m[1]]),
        (r"What shape is the (.+) thing\?", lambda m: [f"A {t.shape}" for t in things if t.colour == m[1]]),
        (r"Is anything (.+) in the picture\?", lambda m: ["Yes" if any(t.colour == m[1] for t in things) else "No"]),
    ]
    for pattern, answer in patterns:
        if match := re.fullmatch(pattern, asked):
            found = answer(match)
            return found[0] if len(found) == 1 else None
    return None


def count(asked: str, things: list[Seen]) -> str | None:
    """The answer to a question of the family counting."""
    colours, shapes, both = (
        Counter(t.colour for t in things),
        Counter(t.shape for t in things),
        Counter(map(_name, things)),
    )
    if asked == "How many shapes are there?":
        return str(len(things))
    if match := re.fullmatch(r"How many more (\w+) shapes than (\w+) shapes are there\?", asked):
        return str(colours[match[1]] - colours[match[2]])
    if match := re.fullmatch(r"How many shapes are not (\w+)\?", asked):
        return str(len(things) - colours[match[1]])
    if match := re.fullmatch(r"How many (\w+) shapes are there\?", asked):
        return str(colours[match[1]])
    if match := re.fullmatch(r"How many (\w+) (\w+) are there\?", asked):
        return str(both[f"{match[1]} {_single(match[2])}"])
    if match := re.fullmatch(r"How many (\w+) are there\?", asked):
        return str(shapes[_single(match[1])])
    return None


def relation(asked: str, things: list[Seen]) -> str | None:
    """The answer to a question of the family spatial."""
    cells, named = {(t.row, t.column): t for t in things}, {_name(t): t for t in things}
    steps = {"to the right of": (0, 1), "to the left of": (0, -1), "above": (-1, 0), "below": (1, 0)}
    ways = "|".join(steps)

    def called(name: str) -> Seen:
        if name not in named:
            raise NotSeen(f"the {name}")
        return named[name]

    def beyond(way: str, a: Seen, b: Seen) -> bool:
        down, right = steps[way]
        return (a.row - b.row) * down + (a.column - b.column) * right > 0

    if match := re.fullmatch(rf"What is in the cell directly ({ways}) the (.+)\?", asked):
        thing, (down, right) = called(match[2]), steps[match[1]]
        near = cells.get((thing.row + down, thing.column + right))
        return f"The {_name(near)}" if near else "Nothing"
    if match := re.fullmatch(rf"Is the (.+?) ({ways}) the (.+)\?", asked):
        return "Yes" if beyond(match[2], called(match[1]), called(match[3])) else "No"
    if match := re.fullmatch(rf"Counting whole (?:rows|columns), how many shapes are ({ways}) the (.+)\?", asked):
        return str(sum(beyond(match[1], t, called(match[2])) for t in things))
    return None
