"""Real web pages, and copies of them with edits, so that there are enough to measure and some repeat others.

Guarantees: the same pages every time. A copy has paragraphs dropped and doubled, and a share of its words replaced by
other words of the page: with the smaller shares it is a near duplicate, with the larger ones another page.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

import fastwarc

from k15.curation.sources import charset

REPLACED = (0.002, 0.01, 0.05, 0.15, 0.3)
"""The share of words, copy after copy in turn."""
_MOVED = 0.03
"""The share of paragraphs that are dropped, and of those that come twice."""
_PARAGRAPH = re.compile(r"<p\b[^>]*>.*?</p>", re.DOTALL)
_TEXT = re.compile(r"(?<=>)[^<>]{20,}(?=<)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_GLOBS = ("web_pages_readability/*/source.html*", "web_pages_cc/*.html*", "documentation_html/*/*.html*")


def pages(data: Path, copies: int) -> Iterator[str]:
    """Each page, followed by its copies."""
    for number, page in enumerate(originals(data)):
        yield page
        words = [word for text in _TEXT.findall(page) for word in _WORD.findall(text)]
        for copy in range(copies):
            yield _edited(page, words, REPLACED[copy % len(REPLACED)], random.Random(f"{number}/{copy}"))


def originals(data: Path) -> Iterator[str]:
    for path in sorted(path for pattern in _GLOBS for path in data.glob(pattern)):
        content = path.read_bytes()
        yield charset.decode(gzip.decompress(content) if path.suffix == ".gz" else content, html=True)[0]
    for archive in sorted(data.glob("warc/*.warc.gz")):
        with archive.open("rb") as file:
            for record in fastwarc.ArchiveIterator(file, record_types=fastwarc.WarcRecordType.response):
                body = record.reader.read()
                if body.lstrip()[:1] == b"<":
                    yield charset.decode(body, record.http_charset, html=True)[0]


def _edited(page: str, words: list[str], replaced: float, rng: random.Random) -> str:
    def word(match: re.Match[str]) -> str:
        return rng.choice(words) if rng.random() < replaced else match[0]

    def paragraph(match: re.Match[str]) -> str:
        drawn = rng.random()
        return "" if drawn < _MOVED else match[0] * 2 if drawn < 2 * _MOVED else match[0]

    return _PARAGRAPH.sub(paragraph, _TEXT.sub(lambda text: _WORD.sub(word, text[0]), page))
