"""Intervals in the words of an answer: `[1, 2)`, `1 \\le x < 2`, `x \\in [1, 2)`, and unions of them.

Only solved inequalities count, one variable between numbers: `x^2 < 4` asks for an interval and states none.
"""

import re

from k15.rewards.math_text import split_top

_END = r"(-?[^<>=\\,a-zA-Z]*(?:\\(?:infty|frac|sqrt|pi)[^<>=\\,a-zA-Z]*)*)"
_VARIABLE = r"([a-zA-Z](?:_\{?\w\}?)?(?:\([a-zA-Z]\))?|\\theta)"
_RELATION = re.compile(r"[<>]|\\(?:le|ge|lt|gt|ne)(?![a-zA-Z])")
_LESS = r"\s*(<|\\le(?![a-zA-Z])|\\lt(?![a-zA-Z]))\s*"
_MORE = r"\s*(>|\\ge(?![a-zA-Z])|\\gt(?![a-zA-Z]))\s*"
_WITHIN = re.compile(rf"{_VARIABLE}\s*\\in(?![a-zA-Z])\s*")
_BETWEEN = re.compile(rf"{_END}{_LESS}{_VARIABLE}{_LESS}{_END}")
_BELOW = re.compile(rf"{_VARIABLE}{_LESS}{_END}|{_END}{_MORE}{_VARIABLE}")
_ABOVE = re.compile(rf"{_VARIABLE}{_MORE}{_END}|{_END}{_LESS}{_VARIABLE}")


def interval(text: str) -> tuple[str, str]:
    """(variable, interval); no variable where `text` is no such thing."""
    if match := _WITHIN.match(text):
        return match[1], text[match.end() :]
    if match := _BETWEEN.fullmatch(text):
        return match[3], f"{_opening(match[2])}{match[1].strip()},{match[5].strip()}{_closing(match[4])}"
    if match := _BELOW.fullmatch(text):
        end = (match[3] or match[4]).strip()
        return match[1] or match[6], rf"(-\infty,{end}{_closing(match[2] or match[5])}"
    if match := _ABOVE.fullmatch(text):
        end = (match[3] or match[4]).strip()
        return match[1] or match[6], rf"{_opening(match[2] or match[5])}{end},\infty)"
    return "", text


def _opening(relation: str) -> str:
    return "[" if "e" in relation else "("


def _closing(relation: str) -> str:
    return "]" if "e" in relation else ")"


def pieces(text: str) -> list[str]:
    inequalities = [interval(part) for part in split_top(text)]
    variables = {variable for variable, _ in inequalities}
    if len(inequalities) > 1 and len(variables) == 1 and "" not in variables:
        return [interval for _, interval in inequalities]
    return [piece.strip() for piece in interval(text)[1].split(r"\cup")]


def is_relation(text: str) -> bool:
    return bool(_RELATION.search(text))
