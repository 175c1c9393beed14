"""Measures of every domain: size, words, symbols, lines, boilerplate; after Gopher (arXiv 2112.11446) and C4."""

from __future__ import annotations

import re
from collections import Counter

from k15.curation.document import Language
from k15.curation.measures.view import View, share, word_set

_RUN = re.compile(r"[^\W_]+")
_LETTERS = re.compile("^[a-z]{4,}$", re.MULTILINE)
_VOWELLESS = re.compile("^[b-df-hj-np-tv-xz]{4,}$", re.MULTILINE)
_COMMAND = re.compile(r"\\([a-z]{4,})")
_BOILERPLATE = re.compile(
    r"cookies?\b.{0,200}\b(?:accept|polic|improve|consent)|accept (?:all )?cookies|privacy policy"
    r"|terms of (?:use|service)|all rights reserved|lorem ipsum|enable javascript|subscribe to our|sign in to|error 404"
    r"|page not found|generated (?:automatically|by)\b.{0,200}\bdo not edit|share this (?:page|post)"
    r"|版权所有|未经许可|点击这里|注册会员|立即登录|网站地图|关注我们",
    re.IGNORECASE,
)
# One of these is in every line that the expression finds; looking for them is a hundred times faster.
_ANCHORS = (
    "cookie", "privacy policy", "terms of ", "all rights reserved", "lorem ipsum", "enable javascript",
    "subscribe to our", "sign in to", "error 404", "page not found", "do not edit", "share this p",
)  # fmt: skip
_ANCHORS_HAN = ("版权所有", "未经许可", "点击这里", "注册会员", "立即登录", "网站地图", "关注我们")
GOPHER_STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))
_STOP_WORDS: dict[Language, frozenset[str]] = {
    # Gopher's eight, and as many more: our documents are short.
    "en": word_set("the be to of and that have with a in is it for was on as he she you i not are"),
    # Modern and classical function words.
    "zh": frozenset("的了是在不有很和也都一个这那里就我你他她们之其者也而以于曰为与乎矣焉所"),
}
_ENDINGS = tuple('.!?"”’。！？…:：;；)）」』》')
_BULLETS = tuple("-*•●·◦")


def measure(view: View) -> dict[str, float]:
    return {**_of_words(view), **_of_lines(view)}


def _of_words(view: View) -> dict[str, float]:
    text, words = view.text, len(view.words)
    hashes, ellipses = text.count("#"), text.count("…") + text.count("...")
    return {
        "characters": len(text),
        "words": words,
        "mean_word_length": share(view.word_characters, words),
        "longest_word": _longest_run(view),
        "alphabetic_words": share(view.alphabetic_words, words),
        "vowelless_words": _vowelless_words(view),
        "symbols_per_word": share(hashes + ellipses, words),
        "hashes_per_word": share(hashes, words),
        "ellipses_per_word": share(ellipses, words),
        "stop_word_share": share(view.count_words(_STOP_WORDS[view.document.language]), words),
        "stop_words": sum(map(view.vocabulary.__contains__, GOPHER_STOP_WORDS)),
        "han_share": share(view.han, view.letters),
        "alphanumeric_share": share(view.alphanumerics, view.visible),
    }


def _of_lines(view: View) -> dict[str, float]:
    lengths = [len(line) for line in view.lines]
    repeated = sum(lengths) - sum(map(len, set(view.lines)))
    return {
        "lines": len(lengths),
        "mean_line_length": share(sum(lengths), len(lengths)),
        "longest_line": max(lengths, default=0),
        "bullet_lines": view.line_share(lambda line: line.startswith(_BULLETS)),
        "ellipsis_lines": view.line_share(lambda line: line.endswith(("…", "..."))),
        "punctuated_lines": view.line_share(lambda line: line.endswith(_ENDINGS)),
        "boilerplate_lines": _boilerplate_lines(view),
        "repeated_lines": 1 - len(set(view.lines)) / len(lengths) if lengths else 0.0,
        "repeated_line_characters": share(repeated, len(view.text)),
    }


def _longest_run(view: View) -> int:
    """Letters and digits in a row, Han characters among them; an apostrophe ends it."""
    longest = max(view.vocabulary, key=len, default="")
    if view.han or not longest.isalnum():
        return max(map(len, _RUN.findall(view.text)), default=0)
    return len(longest)


def _vowelless_words(view: View) -> float:
    r"""Among the words of at least four letters; commands of LaTeX, such as \sqrt, are none."""
    counts = view.lowered_vocabulary
    if "\\" in view.text:
        counts = Counter(counts) - Counter(_COMMAND.findall(view.lowered))
    column = "\n".join(counts)
    vowelless = sum(map(counts.__getitem__, _VOWELLESS.findall(column)))
    return share(vowelless, sum(map(counts.__getitem__, _LETTERS.findall(column))))


def _boilerplate_lines(view: View) -> float:
    if any(anchor in view.lowered for anchor in _ANCHORS + (_ANCHORS_HAN if view.han else ())):
        return view.line_share(_BOILERPLATE.search)
    return 0.0
