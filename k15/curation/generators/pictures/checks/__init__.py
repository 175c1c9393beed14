"""Independent checks of the pictures: the answer is worked out again from the program, or read from the pixels, by
other code than the generator's, going by the words of the document.

Guarantees: `check` shares no drawing, answering or sampling code with what it checks, but for running a
program again (visual coding).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from k15.curation.generators.pictures.checks import chart_pixels, charts, pages, puzzles, scenes
from k15.curation.generators.pictures.checks.pixels import NotSeen, scene
from k15.curation.generators.vision import VisionDocument

__all__ = ["check"]

_ASKED = re.compile(r"<\|user\|><image>(.*?)<\|assistant\|>(.*)<\|end\|>", re.S)
# Question, program, pictures -> answer, or None where there is none or more than one.
_ANSWERS: dict[str, Callable[[str, dict[str, Any], Sequence[bytes]], str | None]] = {
    "qa": lambda asked, program, images: scenes.question(asked, scene(images[0], 3)),
    "counting": lambda asked, program, images: scenes.count(asked, scene(images[0], 6)),
    "spatial": lambda asked, program, images: scenes.relation(asked, scene(images[0], 4)),
    "chart": lambda asked, program, images: charts.answer(program, asked),
    "sequence": lambda asked, program, images: puzzles.sequence(program),
    "matrix": lambda asked, program, images: puzzles.matrix(program),
    "maze": lambda asked, program, images: puzzles.maze(program, asked, images[0]),
    "geometry": lambda asked, program, images: puzzles.geometry(program, asked),
    "clock": lambda asked, program, images: puzzles.clock(program, asked, images[0]),
    "graph": lambda asked, program, images: puzzles.graph(program, asked),
}
_OTHERS: dict[str, Callable[[str, dict[str, Any], Sequence[bytes]], list[str]]] = {
    "caption": lambda text, program, images: (_of_chart if "type" in program else scenes.caption)(
        text, program, images
    ),
    "interleaved": scenes.story,
    "ocr": lambda text, program, images: pages.ocr(text, program, images) + pages.glyphs(program),
    "ocr_zh": lambda text, program, images: pages.ocr(text, program, images) + pages.glyphs(program),
    "knowledge": pages.knowledge,
    "rendered_text": pages.rendered_text,
    "rendered_code": pages.rendered_code,
    "svg": pages.coded,
    "plot": pages.coded,
}


def _of_chart(text: str, program: dict[str, Any], images: Sequence[bytes]) -> list[str]:
    return charts.caption(program, text) + chart_pixels.faults(program, images[0])


def check(document: VisionDocument) -> list[str]:
    """What is wrong with a document; empty if nothing is."""
    try:
        return _faults(document)
    except NotSeen as missing:
        return [f"{missing} is not in the picture"]


def _faults(document: VisionDocument) -> list[str]:
    program, text, images = json.loads(document.meta), document.text, document.images
    family = program["family"]
    if text.count("<image>") != len(images):
        return [f"{text.count('<image>')} marks for {len(images)} pictures"]
    if family in _OTHERS:
        return _OTHERS[family](text, program, images)
    match = _ASKED.fullmatch(text)
    asked, said = match.groups() if match else ("", "")
    if family == "rendered_table":
        answer = pages.table(text, asked, program)
    elif family == "chart" and program["asked"] == "data":
        answer = said if charts.data(program, said) else None
    else:
        answer = _ANSWERS[family](asked, program, images)
    wrong = [] if answer == said else [f"{asked!r}: {said!r} is said, {answer!r} found"]
    return wrong + (chart_pixels.faults(program, images[0]) if family == "chart" else [])
