"""Print: that what is said to be printed is there, within the picture and where it should be; and that programs draw
their pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from fontTools.ttLib import TTFont

from k15.curation.generators.pictures import programs
from k15.curation.generators.pictures.checks.pixels import clear_border, read
from k15.drawing import fonts

Program = dict[str, Any]


def _projected(corners: list[list[float]], size: tuple[int, int], box: Sequence[float]) -> np.ndarray:
    """The four corners of a box of the page, where the page's corners went to `corners`."""
    width, height = size
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    rows = []
    for (x, y), (u, v) in zip(source, corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    matrix = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    left, top, right, bottom = box
    placed = matrix @ np.array([[left, right, right, left], [top, top, bottom, bottom], [1, 1, 1, 1]], float)
    return (placed[:2] / placed[2]).T


def ocr(text: str, program: Program, images: Sequence[bytes]) -> list[str]:
    """The text holds the lines in their order; each has ink in its place, and lies within the picture."""
    wrong = [] if "\n".join(program["lines"]) in text else ["the text is not what is printed"]
    pixels = read(images[0])
    height, width = pixels.shape[:2]
    grey = pixels.mean(axis=2)
    apart = abs(float(np.mean(program["ink"])) - float(np.mean(program["paper"])))
    for line, box in zip(program["lines"], program["boxes"], strict=True):
        quad = _projected(program["corners"], (width, height), box)
        if quad.min() < 0 or quad[:, 0].max() > width or quad[:, 1].max() > height:
            wrong.append(f"{line!r} leaves the picture")
            continue
        middle = np.linspace((quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2, 400)
        x, y = np.concatenate([middle + np.array([0, shift]) for shift in (-3, 0, 3)]).round().astype(int).T
        shades = grey[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        if np.ptp(shades) < 0.3 * apart:
            wrong.append(f"{line!r} has no ink")
    return wrong


def glyphs(program: Program) -> list[str]:
    """Every character is in the font."""
    path = str(fonts.chinese()) if program["font"].endswith((".ttc", ".ttf", ".otf")) else program["font"]
    name = fonts.face(path, 20).path
    number = 0 if str(name).endswith(".ttc") else -1
    known = set(TTFont(name, fontNumber=number, lazy=True).getBestCmap())
    missing = {c for line in program["lines"] for c in line if ord(c) not in known}
    return [f"the font has no {''.join(sorted(missing))}"] if missing else []


def rendered_text(text: str, program: Program, images: Sequence[bytes]) -> list[str]:
    said = re.sub(r"^(## |# |- )", "", re.sub(r"<[^>]*>|Write the page as Markdown\.", "", text).strip(), flags=re.M)
    printed = " ".join(program["lines"]).split()
    wrong = [] if said.split() == printed else ["the text is not what is printed"]
    return wrong + ([] if clear_border(images[0]) else ["something is cut off"])


def rendered_code(text: str, program: Program, images: Sequence[bytes]) -> list[str]:
    """The program compiles; every line has ink in the picture, blank ones have none."""
    (source,) = re.findall(r"```python\n(.*)\n```", text, flags=re.S)
    compile(source, "picture.py", "exec")
    pixels = read(images[0])
    ink = (np.abs(pixels - pixels[0, 0]).sum(axis=2) > 60).sum(axis=1)
    pitch, rows = round(program["size"] * 1.45), source.split("\n")
    shown = [bool(ink[20 + n * pitch + 2 : 20 + (n + 1) * pitch - 2].any()) for n in range(len(rows))]
    wanted = [bool(row.strip()) or program["gutter"] for row in rows]
    wrong = [] if shown == wanted else ["lines without ink, or ink where no line is"]
    return wrong + ([] if clear_border(images[0]) else ["something is cut off"])


def table(text: str, asked: str, program: Program) -> str | None:
    """The answer to a question on a table; a table in Markdown is its own answer."""
    header, *rows = program["rows"]
    if not asked:
        said = [
            [cell.strip() for cell in line.strip("| ").split("|")] for line in text.split("\n") if line.startswith("|")
        ]
        return "" if [said[0], *said[2:]] == program["rows"] else None
    number = header.index(asked.rstrip("?").removesuffix(" in all").split()[-1])
    column = {row[0]: int(row[number]) for row in rows}
    if match := re.match(r"How many units of (\w+)", asked):
        return str(column[match[1].capitalize()])
    return str(sum(column.values())) if asked.startswith("How many") else max(column, key=lambda name: column[name])


def _shown(program: Program) -> list[str]:
    """What a knowledge figure shows, in the words that its text must have."""
    if program["form"] == "card":
        return [program["name"], program["of"], *program["facts"].values()]
    if program["form"] == "tree":
        below = program["below"]
        kinds = [f"Of {kind}, it names {leaves[0]}" for kind, leaves in below.items()]
        return [program["root"], *kinds, *(leaf for leaves in below.values() for leaf in leaves)]
    if program["form"] == "timeline":
        return [f"{name} was founded in {year}" for year, name in program["events"]]
    if program["form"] == "elements":
        said = "{1} ({0}) is element number {2}, with an atomic mass of about {3}"
        return [said.format(*element) for element in program["elements"]]
    return list(program["shown"])


def knowledge(text: str, program: Program, images: Sequence[bytes]) -> list[str]:
    """All words and numbers of the figure are in the text; nothing is cut off."""
    wrong = [f"{words!r} is not in the text" for words in _shown(program) if words not in text]
    years = [int(year) for year, _ in program.get("events", [])]
    if years != sorted(years):
        wrong.append("events out of order")
    return wrong + ([] if program["form"] == "planets" or clear_border(images[0]) else ["something is cut off"])


def coded(text: str, program: Program, images: Sequence[bytes]) -> list[str]:
    """The program in the text, run again, draws the same bytes; it draws something."""
    ((language, source),) = re.findall(r"```(svg|python)\n(.*)\n```", text, flags=re.S)
    drawn = programs.render({"language": language, "source": source})
    wrong = [] if drawn == images[0] else ["the program draws another picture"]
    return wrong + ([] if np.ptp(read(images[0])) > 60 else ["the picture is empty"])
