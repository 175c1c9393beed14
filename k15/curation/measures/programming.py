"""Which programming language a file is in: by its name, its first line, or its content, in this order.

Guarantees: the same name and text give the same answer. Not guaranteed: that snippets of a few lines in related
languages (C and C++, JavaScript and TypeScript) are told apart without a name. `LANGUAGES` are the 32 that the mixture
wants more of (the paper's number, our choice); `MARKUP` are markup, data and configuration, which it wants less of.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

LANGUAGES = (
    "assembly", "c", "clojure", "cpp", "csharp", "dart", "elixir", "erlang", "fortran", "fsharp", "go", "haskell",
    "java", "javascript", "julia", "kotlin", "lisp", "lua", "matlab", "ocaml", "pascal", "perl", "php", "python", "r",
    "ruby", "rust", "scala", "shell", "sql", "swift", "typescript",
)  # fmt: skip
MARKUP = ("css", "csv", "html", "ini", "json", "makefile", "markdown", "rst", "svg", "tex", "toml", "xml", "yaml")
OTHER = "other"

DEFAULT_WEIGHTS = {**dict.fromkeys(LANGUAGES, 1.5), **dict.fromkeys(MARKUP, 0.25), OTHER: 1.0}
"""How often a document of each language is read beside one of weight 1 (ours; the paper gives no numbers)."""

_KNOWN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_EXTENSIONS = {extension: language for language, own in _KNOWN["extensions"].items() for extension in own}
EXTENSIONS = tuple(f".{extension}" for extension in _EXTENSIONS)
"""Ends of the names of the files of all known languages."""
_NAMES: dict[str, str] = _KNOWN["names"]
_INTERPRETERS: dict[str, str] = _KNOWN["interpreters"]
_SIGN = re.compile("|".join(f"(?P<{language}>{'|'.join(signs)})" for language, signs in _KNOWN["signs"].items()))
_SHEBANG = re.compile(r"#!\s*\S*?(?:/env\s+(?:-S\s+)?)?([A-Za-z]+)[\d.]*(?:\s|$)")
# Documents that say at once what they are, whatever else is embedded in them.
_BEGINNINGS = {
    "php": re.compile(r"\s*<\?php"),
    "html": re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE),
    "svg": re.compile(r"\s*(?:<[?!][^>]*>\s*)*<svg\b"),
    "xml": re.compile(r"\s*<\?xml\b"),
    "json": re.compile(r"\s*(?:\{\s*\"[^\"\n]*\"\s*:|\[\s*(?:[\[{\"\d]))"),
}
_LINES, _CHARACTERS = 200, 1000
"""How much of a text is looked at; of a longer line the beginning tells as much."""
# What C has in common with its descendants counts for these where they show themselves.
_DESCENDANTS = {
    "c": ("cpp",), "javascript": ("typescript",), "css": ("java", "csharp", "cpp", "c"), "kotlin": ("scala",),
}  # fmt: skip


def _known_languages(weights: dict[str, float]) -> dict[str, float]:
    for language, weight in weights.items():
        if language not in DEFAULT_WEIGHTS:
            nearest = difflib.get_close_matches(language, DEFAULT_WEIGHTS, n=1) or [", ".join(DEFAULT_WEIGHTS)]
            raise ValueError(f"no programming language is called {language!r}; did you mean {nearest[0]}?")
        if weight < 0:
            raise ValueError(f"the weight of {language} is {weight:g}; give 0 or more")
    return weights


LanguageWeights = Annotated[dict[str, float], AfterValidator(_known_languages)]
"""For params: the languages whose weight differs from the default."""


def language_of(name: str, text: str) -> str:
    """One of `LANGUAGES` or `MARKUP`, or `other`. `name` is the file's, or a document's id that ends in it."""
    base = name.rsplit("/", 1)[-1].lower()
    by_name = _NAMES.get(base) or _EXTENSIONS.get(base.rpartition(".")[2] if "." in base else "")
    if by_name:
        return by_name
    if shebang := _SHEBANG.match(text, 0, _CHARACTERS):
        return _INTERPRETERS.get(shebang[1], OTHER)
    begun = (language for language, beginning in _BEGINNINGS.items() if beginning.match(text))
    return next(begun, None) or _by_content(text)


def _by_content(text: str) -> str:
    lines = [line.strip()[:_CHARACTERS] for line in text.split("\n", _LINES)[:_LINES] if line.strip()]
    if _is_table(lines):
        return "csv"
    votes = Counter(match.lastgroup or OTHER for match in map(_SIGN.match, lines) if match)
    if not votes:
        return OTHER
    for ancestor, descendants in _DESCENDANTS.items():
        heir = max(descendants, key=votes.__getitem__)
        if votes[ancestor] and votes[heir]:
            votes[heir] += votes.pop(ancestor)
    return max(votes, key=votes.__getitem__)


def _is_table(lines: list[str]) -> bool:
    """At least three rows with the same number of separators, and nothing that ends a statement."""
    if len(lines) < 3 or any(line.endswith((";", "{", ":", ")")) for line in lines):
        return False
    return any(lines[0].count(mark) >= 2 and len({line.count(mark) for line in lines}) == 1 for mark in ",\t;")
