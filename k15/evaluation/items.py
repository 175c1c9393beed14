"""What is asked of a checkpoint: `Item` (one question) and `Suite` (items that are reported together).

A stored sample keeps one answer string. Several accepted answers (MMMU's open questions) are joined into it
as a JSON list of strings, which no mathematical answer looks like; `k15.rewards` reads them again.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

GREY = (128, 128, 128)


@dataclass(frozen=True)
class Item:
    id: str
    question: str
    answer: str
    verifier: str
    difficulty: int = 0
    images: tuple[bytes, ...] = ()
    prompt_ids: tuple[int, ...] = ()
    """Asked as these tokens (a document to be continued) instead of as a chat question."""
    blanked: bool = False
    length: int = 0
    """Context length of a needle item, in tokens; 0 for all others."""
    depth: float = 0.0
    solution: str = ""
    """How a published set gets to its answer; nobody is asked about it, but it is kept out of training data."""


@dataclass(frozen=True)
class Suite:
    name: str
    items: tuple[Item, ...]
    samples: int
    temperature: float
    max_tokens: int

    def head(self, count: int) -> "Suite":
        return replace(self, items=self.items[:count])


def blank(item: Item) -> Item:
    """The same question with every image replaced by constant grey of the same size."""
    return replace(item, images=tuple(_grey(image) for image in item.images), blanked=True)


def _grey(image: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", Image.open(io.BytesIO(image)).size, GREY).save(buffer, format="PNG")
    return buffer.getvalue()


def join_answers(answers: Sequence[str]) -> str:
    return answers[0] if len(answers) == 1 else json.dumps(list(answers), ensure_ascii=False)
