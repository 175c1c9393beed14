"""A document's text and its parts, each cut once and shared by all measures.

A word is a run of letters or digits, with inner apostrophes, or one Han character, so that the same measures
serve both scripts. What depends on a word alone is asked once per distinct word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Set
from functools import cached_property

from k15.curation.document import Document

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['’][^\W\d_]+)*")
_HAN = re.compile(f"[{HAN}]")
# The same words, faster, of texts in ASCII and of texts without Han characters and underscores.
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z]+)*")
_PLAIN_WORD = re.compile(r"\w++(?:['’][^\W\d_]++)*+")


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def word_set(words: str) -> frozenset[str]:
    """Words in lower case, separated by blanks, for `View.count_words`."""
    return frozenset(words.split())


class View:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text

    @cached_property
    def words(self) -> list[str]:
        if self.text.isascii():
            return _ASCII_WORD.findall(self.text)
        return WORD.findall(self.text) if self.han else _PLAIN_WORD.findall(self.text.replace("_", " "))

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """The distinct words, in the order of their first occurrence, and how often each occurs."""
        return Counter(self.words)

    @cached_property
    def lowered_vocabulary(self) -> dict[str, int]:
        result: dict[str, int] = {}
        for word, count in self.vocabulary.items():
            lowered = word.lower()
            result[lowered] = result.get(lowered, 0) + count
        return result

    @cached_property
    def word_characters(self) -> int:
        return sum(map(len, self.words))

    @cached_property
    def _impure(self) -> list[tuple[str, int]]:
        """The words that hold more than letters, with their counts."""
        return [(word, count) for word, count in self.vocabulary.items() if not word.isalpha()]

    @cached_property
    def alphabetic_words(self) -> int:
        """Words with at least one letter."""
        return len(self.words) - sum(count for word, count in self._impure if not any(map(str.isalpha, word)))

    @cached_property
    def letters(self) -> int:
        # Every letter and digit of a text is in one of its words, so the rest needs no look at characters.
        return self.word_characters - sum(count * _without(str.isalpha, word) for word, count in self._impure)

    @cached_property
    def alphanumerics(self) -> int:
        return self.word_characters - sum(count * _without(str.isalnum, word) for word, count in self._impure)

    @cached_property
    def visible(self) -> int:
        return sum(map(len, self.tokens))

    @cached_property
    def tokens(self) -> list[str]:
        """What stands between blanks."""
        return self.text.split()

    @cached_property
    def han(self) -> int:
        """Han characters."""
        return 0 if self.text.isascii() else len(_HAN.findall(self.text))

    @cached_property
    def lowered(self) -> str:
        return self.text.lower()

    @cached_property
    def lines(self) -> list[str]:
        """The lines that are not blank, as they stand."""
        return [line for line in self.text.split("\n") if line and not line.isspace()]

    @cached_property
    def stripped(self) -> list[str]:
        return [line.strip() for line in self.lines]

    def line_share(self, test: Callable[[str], object]) -> float:
        """Share of the lines, without the blanks around them, that pass `test`."""
        return share(sum(1 for line in self.stripped if test(line)), len(self.lines))

    def count_words(self, known: Set[str]) -> int:
        """How many of the words are among `known`, which are in lower case."""
        counts = self.lowered_vocabulary
        return sum(map(counts.__getitem__, known & counts.keys()))

    def count_phrases(self, phrases: Iterable[str]) -> int:
        """How often any of `phrases`, in lower case, stands in the text."""
        return sum(map(self.lowered.count, phrases))


def _without(test: Callable[[str], bool], word: str) -> int:
    return len(word) - sum(map(test, word))
