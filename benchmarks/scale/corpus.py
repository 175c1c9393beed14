"""JSON Lines of documents made of paragraphs of real text with other words in places.

Guarantees: the same documents every time, and a smaller corpus is the beginning of a larger one. Of `REPEATED` of them
the next one is a near duplicate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.duplicates.labelled import plain_documents

FILE = 5000
REPEATED = 0.1
_REPLACED, _REPLACED_AGAIN = 0.15, 0.005
_CHARACTERS = 1400
_SHORTEST = 80


def write(folder: Path, data: Path, count: int) -> int:
    """Files of `FILE` documents each; how many bytes of text they hold."""
    folder.mkdir(parents=True)
    paragraphs = [part.split(" ") for text in plain_documents(data) for part in text.split("\n")]
    paragraphs = [part for part in paragraphs if sum(map(len, part)) >= _SHORTEST]
    words = np.array([word for part in paragraphs for word in part], object)
    total = 0
    for number in range(-(-count // FILE)):
        with (folder / f"{number:05d}.jsonl").open("w", encoding="utf-8") as lines:
            for text in _documents(paragraphs, words, min(FILE, count - number * FILE), number):
                lines.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
                total += len(text.encode())
    return total


def _documents(paragraphs: Sequence[list[str]], words: np.ndarray, count: int, seed: int) -> Iterator[str]:
    rng = np.random.default_rng(seed)
    document: list[list[str]] = []
    for _ in range(count):
        if document and rng.random() < REPEATED:
            yield _text(document, words, _REPLACED_AGAIN, rng)
            document = []
            continue
        document, size = [], 0
        while size < _CHARACTERS:
            document.append(paragraphs[int(rng.integers(len(paragraphs)))])
            size += sum(map(len, document[-1])) + len(document[-1])
        document = [_edited(part, words, _REPLACED, rng) for part in document]
        yield _text(document, words, 0.0, rng)


def _text(document: Sequence[list[str]], words: np.ndarray, replaced: float, rng: np.random.Generator) -> str:
    return "\n".join(" ".join(_edited(part, words, replaced, rng)) for part in document)


def _edited(part: list[str], words: np.ndarray, replaced: float, rng: np.random.Generator) -> list[str]:
    other = np.flatnonzero(rng.random(len(part)) < replaced)
    edited = list(part)
    for place, word in zip(other.tolist(), words[rng.integers(len(words), size=len(other))], strict=True):
        edited[place] = word
    return edited
