"""The rules of a web pipeline beside datatrove's own filters, document by document, and documents a second.

Ours: every measure of the domain (also those that datatrove has no filter for, and the language), then the decisions
from columns. Theirs: GopherRepetition, GopherQuality, C4Quality and FineWebQuality with FineWeb's settings, each on the
same text. datatrove's words come from spaCy, whose punctuation marks are words too; k15 does not install it. So its
filters are also handed k15's words: the decisions must then be the same, and what differs with spaCy is the
definition of a word. Rates are of CPU time; both sides take turns.
"""

import gzip
import importlib.util
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from datatrove.data import Document as TheirDocument
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.word_tokenizers import WordTokenizer

from k15.curation import filters, measures
from k15.curation.document import DOMAINS, Document
from k15.curation.measures import web
from k15.curation.normalise import normalise
from k15.curation.sources import html
from k15.errors import UserError
from k15.params import parse_params

REPETITIONS = 3
DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[2] / "shared/data"))
RULES: dict[str, dict[str, dict[str, float]]] = {
    "GopherRepetition": {
        "repeated_paragraphs": {"max": 0.3},
        "repeated_paragraph_characters": {"max": 0.2},
        "repeated_lines": {"max": 0.3},
        "repeated_line_characters": {"max": 0.2},
        **{f"top_{n}gram": {"max": bound} for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16))},
        **{f"repeated_{n}gram_characters": {"max": (20 - n) / 100} for n in range(5, 11)},
    },
    "GopherQuality": {
        "words": {"min": 50, "max": 100_000},
        "mean_word_length": {"min": 3, "max": 10},
        "hashes_per_word": {"max": 0.1},
        "ellipses_per_word": {"max": 0.1},
        "bullet_lines": {"max": 0.9},
        "ellipsis_lines": {"max": 0.3},
        "alphabetic_words": {"min": 0.8},
        "stop_words": {"min": 2},
    },
    "C4Quality": {"lorem_ipsum": {"max": 0}, "curly_brackets": {"max": 0}, "sentences": {"min": 5}},
    "FineWebQuality": {
        "terminal_lines": {"min": 0.12},
        "short_lines": {"max": 0.67},
        "repeated_characters": {"max": 0.01},
        "newlines_per_word": {"max": 0.3},
    },
}
Decisions = list[frozenset[str]]
"""For each document the filters that drop it."""


class OurWords(WordTokenizer):
    def word_tokenize(self, text: str) -> list[str]:
        return measures.WORD.findall(text)

    def sent_tokenize(self, text: str) -> list[str]:
        return [text[start:end] for start, end in self.span_tokenize(text)]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return list(pairwise([0, *web.sentence_ends(text)]))


def measure() -> None:
    texts = {name: [normalise(text, "english") for text in group] for name, group in _texts()}
    texts = {name: [text for text in group if text] for name, group in texts.items()}
    for name, group in texts.items():
        print(f"curation rules, {name}: {len(group)} documents, {sum(map(len, group)):,} characters")
    rules = {name: english(name, own) for name, own in RULES.items()}
    everything = [text for group in texts.values() for text in group]
    _compare("k15's words", everything, rules, _theirs(OurWords()))
    if importlib.util.find_spec("spacy"):
        _compare("its own words (spaCy)", everything, rules, _theirs("eng"))
    else:
        print("curation rules: spaCy is not installed, so datatrove runs on k15's words only")


def english(name: str, rules: dict[str, dict[str, float]]) -> filters.Filters:
    return parse_params(filters.Filters, name, {domain: rules if domain == "english" else {} for domain in DOMAINS})


def _texts() -> Iterator[tuple[str, list[str]]]:
    if not DATA.is_dir():
        raise UserError(f"the real data is not at {DATA}; set K15_DATA")
    with gzip.open(DATA / "c4_sample/c4_demo_subset.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield "C4 sample", [json.loads(line)["text"] for line in lines]
    pages = sorted([*DATA.glob("web_pages_*/**/*.html*"), *DATA.glob("documentation_html/**/*en*/**/*.html*")])
    yield "web pages", [html.text_of(_read(page)) for page in pages if "expected" not in page.name]
    articles = _read(DATA / "wikitext2/valid.txt.gz").split("\n = ")
    yield "WikiText-2", [f"= {article}" for article in articles if not article.startswith("= ")]
    books = sorted((DATA / "book_editions").glob("*/*.txt.gz"))
    pieces = [text[start : start + 20_000] for text in map(_read, books) for start in range(0, len(text), 20_000)]
    yield "books, in pieces", pieces


def _read(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def _ours(texts: list[str], rules: dict[str, filters.Filters]) -> Decisions:
    measured = [measures.measure(Document(str(i), text, "english", "bench", "en")) for i, text in enumerate(texts)]
    return decide(pa.table({"domain": ["english"] * len(texts), **measures.columns(measured)}), rules)


def decide(table: pa.Table, rules: dict[str, filters.Filters]) -> Decisions:
    dropped: list[set[str]] = [set() for _ in range(table.num_rows)]
    for name, own in rules.items():
        for row in filters.judge(table, own).column("row").to_pylist():
            dropped[row].add(name)
    return [frozenset(names) for names in dropped]


def _theirs(words: Any) -> Callable[[list[str]], Decisions]:
    chain = {
        "GopherRepetition": GopherRepetitionFilter(language=words),
        "GopherQuality": GopherQualityFilter(language=words),
        "C4Quality": C4QualityFilter(filter_no_terminal_punct=False, language=words),
        "FineWebQuality": FineWebQualityFilter(language=words),
    }

    def decide(text: str) -> frozenset[str]:
        results = {name: own.filter(TheirDocument(text=text, id="")) for name, own in chain.items()}
        return frozenset(name for name, result in results.items() if result is not True)

    return lambda texts: [decide(text) for text in texts]


def _compare(
    words: str, texts: list[str], rules: dict[str, filters.Filters], theirs: Callable[[list[str]], Decisions]
) -> None:
    sides: tuple[Callable[[list[str]], Decisions], ...] = (lambda texts: _ours(texts, rules), theirs)
    decisions = [side(texts) for side in sides]
    ratios, rates = [], []
    for _ in range(REPETITIONS):
        seconds = [_cpu_seconds(side, texts) for side in sides]
        rates.append([len(texts) / spent for spent in seconds])
        ratios.append(seconds[1] / seconds[0])
    ours, datatrove = (statistics.median(side) for side in zip(*rates, strict=True))
    print(
        f"curation rules, datatrove with {words}: k15 {ours:,.0f} documents/s, datatrove {datatrove:,.0f}; ratio "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {REPETITIONS} repetitions)"
    )
    for name in rules:
        counts = Counter((name in one, name in other) for one, other in zip(*decisions, strict=True))
        both, only_ours, only_theirs = counts[True, True], counts[True, False], counts[False, True]
        print(
            f"  {name}: dropped by both {both}, by k15 alone {only_ours}, by datatrove alone {only_theirs}", flush=True
        )


def _cpu_seconds(side: Callable[[list[str]], Decisions], texts: list[str]) -> float:
    start = time.process_time()
    side(texts)
    return time.process_time() - start
