"""What the rule filters look at: one number per property of a text.

After Gopher (arXiv 2112.11446), C4 and FineWeb, with measures of our own for Chinese and for code.
Measures know no thresholds: those are params (`k15.curation.filters`). A word is a run of letters or
digits, or one Han character, so that the same measures serve both scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from k15.curation.document import Language

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['’][^\W\d_]+)*")
_HAN = re.compile(f"[{HAN}]")
_RUN = re.compile(r"[^\W_]+")
_CODE_LINE = re.compile(r"[=(){}\[\];]|:$|^\s*(?:return|import|from|else|elif|pass|break|continue|#|//|>>>|\.\.\.|<)")
_QUANTITY = re.compile(
    r"\d|[=+×÷√∑∫π%$\\]|[一二两三四五六七八九十百千]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|half)\b"
)
_BOILERPLATE = re.compile(
    r"cookies?\b.*\b(?:accept|polic|improve|consent)|accept (?:all )?cookies|privacy policy|terms of (?:use|service)"
    r"|all rights reserved|lorem ipsum|enable javascript|subscribe to our|sign in to|error 404|page not found"
    r"|generated (?:automatically|by)\b.*\bdo not edit|share this (?:page|post)"
    r"|版权所有|未经许可|点击这里|注册会员|立即登录|网站地图|关注我们",
    re.IGNORECASE,
)
_STOP_WORDS: dict[Language, frozenset[str]] = {
    # Gopher's eight, and as many more: our documents are short.
    "en": frozenset("the be to of and that have with a in is it for was on as he she you i not are".split()),  # noqa: SIM905
    # Modern and classical function words.
    "zh": frozenset("的了是在不有很和也都一个这那里就我你他她们之其者也而以于曰为与乎矣焉所"),
}
_ENDINGS = tuple('.!?"”’。！？…:：;；)')
_BULLETS = tuple("-*•●·◦")


class View:
    """A text and its parts, each cut once and only when a measure asks for it."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language

    @cached_property
    def words(self) -> list[str]:
        return WORD.findall(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return [line for line in self.text.split("\n") if line.strip()]

    @cached_property
    def letters(self) -> int:
        return sum(map(str.isalpha, self.text))

    @cached_property
    def visible(self) -> int:
        return sum(map(len, self.text.split()))

    def line_share(self, test: Callable[[str], object]) -> float:
        return _share(sum(1 for line in self.lines if test(line)), len(self.lines))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _alphabetic_words(view: View) -> float:
    return _share(sum(1 for word in view.words if any(map(str.isalpha, word))), len(view.words))


def _symbols(view: View) -> float:
    return _share(sum(map(view.text.count, ("#", "…", "..."))), len(view.words))


def _stop_word_share(view: View) -> float:
    known = _STOP_WORDS[view.language]
    return _share(sum(1 for word in view.words if word.lower() in known), len(view.words))


def _repeated_lines(view: View) -> float:
    return 1 - _share(len(set(view.lines)), len(view.lines)) if view.lines else 0.0


def _repeated_ngrams(view: View) -> float:
    n = 5
    grams = list(zip(*(view.words[i:] for i in range(n)), strict=False))
    return 1 - _share(len(set(grams)), len(grams)) if grams else 0.0


def _vowelless_words(view: View) -> float:
    long = [word.lower() for word in view.words if len(word) > 3 and word.isascii() and word.isalpha()]
    return _share(sum(1 for word in long if not set(word) & set("aeiouy")), len(long))


MEASURES: dict[str, Callable[[View], float]] = {
    "characters": lambda view: len(view.text),
    "words": lambda view: len(view.words),
    "mean_word_length": lambda view: _share(sum(map(len, view.words)), len(view.words)),
    "longest_word": lambda view: max(map(len, _RUN.findall(view.text)), default=0),
    "alphabetic_words": _alphabetic_words,
    "vowelless_words": _vowelless_words,
    "symbols_per_word": _symbols,
    "stop_word_share": _stop_word_share,
    "han_share": lambda view: _share(len(_HAN.findall(view.text)), view.letters),
    "alphanumeric_share": lambda view: _share(sum(map(str.isalnum, view.text)), view.visible),
    "bullet_lines": lambda view: view.line_share(lambda line: line.lstrip().startswith(_BULLETS)),
    "ellipsis_lines": lambda view: view.line_share(lambda line: line.rstrip().endswith(("…", "..."))),
    "punctuated_lines": lambda view: view.line_share(lambda line: line.rstrip().endswith(_ENDINGS)),
    "boilerplate_lines": lambda view: view.line_share(_BOILERPLATE.search),
    "repeated_lines": _repeated_lines,
    "repeated_ngrams": _repeated_ngrams,
    "lines": lambda view: len(view.lines),
    "mean_line_length": lambda view: _share(sum(map(len, view.lines)), len(view.lines)),
    "longest_line": lambda view: max(map(len, view.lines), default=0),
    "code_lines": lambda view: view.line_share(_CODE_LINE.search),
    "quantities": lambda view: len(_QUANTITY.findall(view.text)),
}
