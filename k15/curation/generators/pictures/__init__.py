"""Full-size vision-language documents, procedural and endless: captions, interleaved, OCR, knowledge, QA, charts,
rendered text, visual reasoning and visual coding (App. B).

Guarantees: document `number` of a kind is a pure function of (kind, number, seed), whatever else is made; its `meta`
is the picture's program, from which `checks` works the answer out anew. Not guaranteed: the same bytes with another
version of matplotlib, Pillow or resvg, or, for Chinese print, with another font.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from k15.curation.generators.pictures import cards, ocr, pages, programs, scene
from k15.curation.generators.pictures.base import Family
from k15.curation.generators.pictures.charts import document as charts
from k15.curation.generators.pictures.reasoning import (
    clocks,
    counting,
    geometry,
    graphs,
    matrices,
    mazes,
    sequences,
    spatial,
)  # fmt: skip
from k15.curation.generators.vision import VisionDocument
from k15.curation.sources import GENERATED
from k15.errors import UserError
from k15.seeds import derive

__all__ = ["FAMILIES", "generate"]

FAMILIES: dict[str, Family] = {
    "caption": Family("caption", lambda rng: rng.choice((scene.caption, scene.caption, charts.caption))(rng)),
    "interleaved": Family("interleaved", scene.interleaved),
    "ocr": Family("ocr", ocr.latin),
    "ocr_zh": Family("ocr", ocr.han),
    "knowledge": Family("knowledge", cards.figure),
    "qa": Family("qa", scene.qa),
    "chart": Family("qa", charts.draw),
    "rendered_text": Family("ocr", pages.text),
    "rendered_code": Family("ocr", pages.source),
    "rendered_table": Family("ocr", pages.table),
    "counting": Family("qa", counting.draw),
    "spatial": Family("qa", spatial.draw),
    "sequence": Family("qa", sequences.draw),
    "matrix": Family("qa", matrices.draw),
    "maze": Family("qa", mazes.draw),
    "geometry": Family("qa", geometry.draw),
    "clock": Family("qa", clocks.draw),
    "graph": Family("qa", graphs.draw),
    "svg": Family("qa", programs.svg),
    "plot": Family("qa", programs.plot),
}


def generate(kind: str, count: int, seed: int, start: int = 0) -> Iterator[VisionDocument]:
    """Documents `start` to `start + count` of the family called `kind`."""
    if kind not in FAMILIES:
        raise UserError(f"there are no pictures of kind {kind!r}; choose from {', '.join(FAMILIES)}")
    family = FAMILIES[kind]
    for number in range(start, start + count):
        drawn = family.draw(random.Random(derive(seed, "pictures", kind, number)))
        meta = json.dumps({"family": kind, **drawn.program}, ensure_ascii=False)
        name = f"{GENERATED}/pictures/{kind}/{number:07d}"
        yield VisionDocument(name, family.kind, drawn.text, drawn.images, meta)
