"""Whether a program printed the expected output: the comparison of programming contests.

Both texts are read as tokens between white space. Without a tolerance tokens are equal as text; with one, numbers are
equal when they differ by at most the tolerance, absolutely or relative to the expected number, however they are
written (`2`, `2.0`, `2e0`), and NaN is equal to nothing. Takes time linear in the texts.

Does not compare white space itself: a problem whose layout matters needs a judge of its own.
"""

import math
import re

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_MAX_DIGITS = 400
"""Longer tokens are text: no number of a contest needs them, and reading them takes more than linear time."""


def same_output(expected: str, got: str, *, tolerance: float | None = None, case_sensitive: bool = True) -> bool:
    if tolerance is None:
        return tokens(expected, case_sensitive) == tokens(got, case_sensitive)
    wanted, found = tokens(expected, case_sensitive), tokens(got, case_sensitive)
    return len(wanted) == len(found) and all(_same_token(a, b, tolerance) for a, b in zip(wanted, found, strict=True))


def tokens(text: str, case_sensitive: bool = True) -> list[str]:
    """What is compared; equal lists are equal outputs where there is no tolerance."""
    return text.split() if case_sensitive else text.casefold().split()


def _same_token(expected: str, got: str, tolerance: float) -> bool:
    wanted, found = _number(expected), _number(got)
    if wanted is None or found is None:
        return expected == got and expected.lstrip("+-").casefold() != "nan"
    return wanted == found or abs(wanted - found) <= tolerance * max(1.0, abs(wanted))


def _number(token: str) -> float | None:
    """A token that is a number within the range of floats."""
    if len(token) > _MAX_DIGITS or not _NUMBER.fullmatch(token):
        return None
    value = float(token)
    return value if math.isfinite(value) else None
