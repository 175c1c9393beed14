"""Documents of which it is known which are the same: editions of books, two versions of programs, planted edits.

Not guaranteed: that a library should find all of them. Two programs of one author for one problem may share little,
and an edit of one word in ten leaves hardly an n-gram whole.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from k15.curation.document import Document, Domain
from k15.curation.normalise import normalise

_CHAPTER = re.compile(r"^ *chapter +([ivxlc]+|\d+)\b.*$", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r"^([A-Z][A-Z' -]+), (?:n|adj|adv|v|pp|p|x|pro|interj|imp)[. ]", re.MULTILINE)
_ARTICLE = re.compile(r"^ = ([^=]+) = *$", re.MULTILINE)
_SHORTEST = 200
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True)
class Labelled:
    """Documents with one label are the same."""

    document: Document
    label: str


def _labelled(number: int, label: str, text: str, domain: Domain) -> Labelled:
    return Labelled(Document(f"{number:06d}", normalise(text, domain), domain, "labelled", "en"), label)


def _read(path: Path) -> str:
    data = gzip.decompress(path.read_bytes())
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _number(heading: str) -> int:
    if heading.isdigit():
        return int(heading)
    values = [_ROMAN[letter] for letter in heading.lower()]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))


def book_editions(data: Path) -> list[Labelled]:
    """Chapters of two novels and entries of a dictionary, in every plain-text edition."""
    found = []
    for path in sorted(data.glob("book_editions/*/*.txt.gz")):
        text = _read(path).replace("\r\n", "\n")
        dictionary = path.parent.name == "devils_dictionary"
        heads = list((_ENTRY if dictionary else _CHAPTER).finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            part = text[head.start() if dictionary else head.end() : end]
            if len(part) >= _SHORTEST:  # not the lines of a table of contents
                name = head[1] if dictionary else _number(head[1])
                found.append((f"{path.parent.name}/{name}", part))
    return [_labelled(number, label, part, "english") for number, (label, part) in enumerate(found)]


def program_pairs(data: Path) -> list[Labelled]:
    """An earlier and a faster version of a program by the same author."""
    path = data / "codenet_python_pairs" / "codenet-python-test-1k_subset.jsonl.gz"
    rows = [json.loads(line) for line in _read(path).splitlines()]
    texts = [(f"{row['user_id']}/{row['problem_id']}", row[side]) for row in rows for side in ("input", "target")]
    return [_labelled(number, label, text, "code") for number, (label, text) in enumerate(texts)]


def plain_documents(data: Path) -> list[str]:
    """C4 pages and Wikipedia articles."""
    pages = [json.loads(line)["text"] for line in _read(data / "c4_sample" / "c4_demo_subset.jsonl.gz").splitlines()]
    articles = _ARTICLE.split(_read(data / "wikitext2" / "valid.txt.gz"))[2::2]
    return pages + [article for article in articles if len(article) >= _SHORTEST]


def _replace(rate: float) -> Callable[[list[str], random.Random], list[str]]:
    return lambda words, rng: [rng.choice(words) if rng.random() < rate else word for word in words]


def _punctuation(words: list[str], rng: random.Random) -> list[str]:
    return [re.sub(r"[.,;:]", "", word).upper() if rng.random() < 0.3 else word for word in words]


EDITS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "one word in 200": _replace(0.005),
    "one word in 100": _replace(0.01),
    "one word in 50": _replace(0.02),
    "case and punctuation": _punctuation,
    "the last tenth cut off": lambda words, rng: words[: len(words) * 9 // 10],
    "a line before and after": lambda words, rng: ["Posted", "by", "admin", *words, "Read", "more", "here"],
}


def planted_edits(data: Path) -> list[Labelled]:
    """Plain documents, each with one edit of every kind."""
    rng = random.Random(17)
    found: list[tuple[str, str]] = []
    for number, text in enumerate(plain_documents(data)):
        plain = text.split(" ")
        found += [(str(number), " ".join(words)) for words in (plain, *(edit(plain, rng) for edit in EDITS.values()))]
    return [_labelled(number, label, text, "english") for number, (label, text) in enumerate(found)]


def sets(data: Path) -> Iterator[tuple[str, list[Labelled]]]:
    yield "editions of books", book_editions(data)
    yield "versions of programs", program_pairs(data)
    yield "planted edits", planted_edits(data)
