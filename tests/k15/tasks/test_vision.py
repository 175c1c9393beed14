"""Vision families: what the question asks can be read off the picture."""

from __future__ import annotations

import io
import itertools
import re

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from k15.tasks import FAMILIES, Problem, generate
from k15.tasks.problem import Split, split_of
from k15.tasks.vision import COLOURS

VISION = sorted(name for name, family in FAMILIES.items() if family.vision)
Mask = npt.NDArray[np.bool_]


def pixels(problem: Problem) -> npt.NDArray[np.uint8]:
    (png,) = problem.images
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def ink(problem: Problem) -> Mask:
    """Where the picture differs from its background."""
    image = pixels(problem)
    mask: Mask = (image != image[0, 0]).any(-1)
    return mask


def shapes(mask: Mask) -> list[Mask]:
    """The connected parts of `mask`, each cut to its bounding box."""
    remaining, found = {(int(y), int(x)) for y, x in np.argwhere(mask)}, []
    while remaining:
        part, edge = set(), [remaining.pop()]
        while edge:
            y, x = edge.pop()
            part.add((y, x))
            near = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & remaining
            remaining -= near
            edge += near
        ys, xs = zip(*part, strict=True)
        box = np.zeros((max(ys) - min(ys) + 1, max(xs) - min(xs) + 1), dtype=bool)
        for y, x in part:
            box[y - min(ys), x - min(xs)] = True
        found.append(box)
    return found


def rows_of(problem: Problem, colour: str) -> int:
    """How many rows of the picture hold pixels of this colour."""
    return int((pixels(problem) == COLOURS[colour]).all(-1).any(1).sum())


@pytest.mark.parametrize("name", VISION)
def test_pictures(name: str) -> None:
    problems = [p for split in ("train", "heldout") for p in generate(name, split, 20, seed=1)]
    for problem in problems:
        (png,) = problem.images
        image = Image.open(io.BytesIO(png))
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (64, 64))
        assert ink(problem).any()
    assert len({p.images for p in problems}) == len(problems)
    assert generate(name, "train", 2, seed=1)[0].images == problems[0].images


@pytest.mark.parametrize("name", VISION)
def test_held_out_pictures_are_new(name: str) -> None:
    train, held_out = ({p.images for p in generate(name, split, 60, seed=1)} for split in ("train", "heldout"))
    assert not train & held_out


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_bars_alone_decide_the_split_of_a_chart(split: Split) -> None:
    assert {split_of(f"charts:{bars(p)}") for p in generate("charts", split, 20, seed=1)} == {split}


def bars(problem: Problem) -> str:
    """The layout of a chart, read off its caption."""
    return problem.caption.removeprefix("bars ").replace(", ", ";").replace(" ", "").replace(";", " ")


@pytest.mark.parametrize("name", VISION)
def test_a_blank_picture_leaves_chance(name: str) -> None:
    problems = generate(name, "train", 200, seed=1)
    for question in {p.question for p in problems}:
        answers = [p.answer for p in problems if p.question == question]
        assert max(map(answers.count, answers)) <= max(3, 0.3 * len(answers))


@pytest.mark.parametrize("difficulty", [1, 2])
def test_circles_are_counted(difficulty: int) -> None:
    for problem in generate("counting", "train", 25, seed=1, difficulties=[difficulty]):
        found = shapes(ink(problem))
        circles = [shape for shape in found if not shape.all()]  # a square fills its bounding box
        assert len(circles) == int(problem.answer)
        assert difficulty == 2 or len(circles) == len(found)


def test_bars_are_read() -> None:
    seen: dict[int, int] = {}  # rows of a bar -> its height
    for problem in generate("charts", "train", 80, seed=1, difficulties=[1]):
        (colour,) = [c for c in COLOURS if c in problem.question]
        height = int(problem.answer)
        assert seen.setdefault(rows_of(problem, colour), height) == height
    steps = sorted(seen.items())
    rise = {(b[0] - a[0]) / (b[1] - a[1]) for a, b in itertools.pairwise(steps)}
    assert len(steps) >= 9 and len(rise) == 1 and rise.pop() > 0  # in proportion
    for problem in generate("charts", "train", 20, seed=1, difficulties=[2]):
        assert int(problem.answer) == seen[rows_of(problem, "red")] + seen[rows_of(problem, "blue")]


@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_rendered_numbers(difficulty: int) -> None:
    for problem in generate("rendered", "train", 15, seed=1, difficulties=[difficulty]):
        (written,) = re.findall(r"I read (\S+)\.", problem.short)
        assert int(problem.answer) == sum(map(int, written.split("+"))) and ("+" in written) == (difficulty == 3)
        assert len(shapes(ink(problem))) >= len(written.replace("+", ""))
