"""What tells running text from the rest of a web page: the rules of C4 and FineWeb as measures.

Guarantees: FineWeb's values are those of datatrove's `FineWebQualityFilter` for the same words. C4's rules drop
lines; here they are counted: `c4_lines` is the share of lines that C4 would keep (without its rule on terminal
punctuation, as in FineWeb), and `sentences` and `curly_brackets` count in these; the brackets of a formula between
dollars are none of a program, and do not count. A sentence ends with a mark and a blank after it.
"""

from __future__ import annotations

import re

from k15.curation.measures.view import View, share

SHORT_LINE = 30
_FEW_WORDS = 3
_LONG_TOKEN = 1000
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*(?=\s|$)")
_FORMULA = re.compile(r"\$[^$]{1,2000}\$")
_TERMINAL = tuple(".?!。？！．｡﹒﹖﹗‼⁇⁈⁉‽⸮؟۔।॥")
_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def measure(view: View) -> dict[str, float]:
    text, lines = view.text, view.lines
    newlines = text.count("\n")
    lengths = list(map(len, lines))
    repeated = sum(lengths) - sum(map(len, set(lines)))
    return {
        "terminal_lines": share(sum(1 for line in lines if line.endswith(_TERMINAL)), len(lines)),
        "short_lines": share(sum(1 for length in lengths if length <= SHORT_LINE), len(lines)),
        "repeated_characters": share(repeated, len(text) - newlines),
        "newlines_per_word": share(newlines, len(view.words)),
        **_c4(view),
    }


def _c4(view: View) -> dict[str, float]:
    javascript = {line for line in view.stripped if "javascript" in line.lower()} if _has(view, "javascript") else set()
    policy = {line for line in view.stripped if _policy(line)} if any(_has(view, part) for part in _POLICY) else set()
    kept = [line for line in view.stripped if len(line.split(None, _FEW_WORDS)) >= _FEW_WORDS]
    if max(map(len, view.tokens), default=0) > _LONG_TOKEN:
        kept = [line for line in kept if max(map(len, line.split())) <= _LONG_TOKEN]
    lorem_ipsum = view.lowered.count("lorem ipsum")
    kept = [line for line in kept if line not in javascript] if javascript else kept
    curly_brackets = sum(_FORMULA.sub("", line).count("{") for line in kept) if "{" in view.text else 0
    kept = [line for line in kept if line not in policy] if policy else kept
    lines = len(view.lines)
    return {
        "c4_lines": share(len(kept), lines),
        "sentences": sum(len(sentence_ends(line)) for line in kept),
        "javascript_lines": view.line_share(javascript.__contains__),
        "policy_lines": view.line_share(policy.__contains__),
        "curly_brackets": curly_brackets,
        "lorem_ipsum": lorem_ipsum,
    }


def _has(view: View, part: str) -> bool:
    return part in view.lowered


def _policy(line: str) -> bool:
    lowered = line.lower()
    return any(part in lowered for part in _POLICY)


def sentence_ends(line: str) -> list[int]:
    """Where each sentence of the line ends; the last one with the line, with or without a mark."""
    ends = [match.end() for match in SENTENCE_END.finditer(line)]
    return ends if ends and ends[-1] == len(line) else [*ends, len(line)]
