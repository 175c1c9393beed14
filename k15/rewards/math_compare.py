r"""Is an answer the same mathematics as the reference? Text first, then math-verify for what needs algebra.

What is decided here, because math-verify decides it otherwise: all values of a list and no others must be there;
brackets of pairs, intervals and sets must agree; units that differ differ; words are compared as words; an
equation in one unknown is no answer to a reference that is a value (it could be copied from the question); numbers
are compared relative to their size. `quick` needs no algebra and no process of its own, `compare` may take for ever.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from k15.rewards.math_text import enclosed, listed, normalise, split_top, words
from k15.rewards.numerals import read_number, same_number
from k15.rewards.units import split_unit

MAX_VALUES = 64
MAX_DEPTH = 6
Algebra = Callable[[str, str], bool]


@dataclass(frozen=True)
class Reply:
    equal: bool | None
    """None where the reference cannot be read."""
    why: str


def quick(reference: str, answer: str) -> Reply | None:
    """The reply where texts and numbers are enough; None where algebra is needed."""
    expected, found = normalise(reference), normalise(answer)
    if expected is None:
        return Reply(None, "the reference answer cannot be read")
    if found is None:
        return Reply(False, "the answer cannot be read as mathematics")
    same = _plain(expected, found)
    return None if same is None else Reply(same, "equal as text or numbers" if same else "different texts or numbers")


def compare(reference: str, answer: str, algebra: Algebra) -> Reply:
    reply = quick(reference, answer)
    if reply is not None:
        return reply
    expected, found = normalise(reference), normalise(answer)
    assert expected is not None and found is not None
    equal = _same(expected, found, algebra, 0)
    return Reply(equal, "equal mathematics" if equal else "different mathematics")


_SPACE = re.compile(r"(?<!\d) +| +(?!\d)")  # `7 3` is not 73


def _plain(reference: str, answer: str) -> bool | None:
    if _SPACE.sub("", reference) == _SPACE.sub("", answer):
        return True
    said, says = words(reference), words(answer)
    if said is not None and (says is not None or not _mathematics(answer)):
        return said == says
    expected, found = split_unit(reference), split_unit(answer)
    if expected.unit and found.unit and expected.unit != found.unit:
        return False
    one, other = read_number(expected.value), read_number(found.value)
    if one is not None and other is not None:
        return same_number(one, other)
    return None


def _mathematics(text: str) -> bool:
    return bool(re.search(r"[\d=<>^]|\\(?!text)", text)) or len(text) <= 3


def _same(reference: str, answer: str, algebra: Algebra, depth: int) -> bool:
    if depth > MAX_DEPTH or not answer:
        return False
    plain = _plain(reference, answer)
    if plain is not None:
        return plain
    reference, answer = split_unit(reference).value, split_unit(answer).value

    def again(one: str, other: str) -> bool:
        return _same(one, other, algebra, depth + 1)

    for decide in (_unions, _lists, _based, _ratios, _membership, _equations, _bracketed):
        decided = decide(reference, answer, again)
        if decided is not None:
            return decided
    return algebra(reference, answer)


Again = Callable[[str, str], bool]


def _lists(reference: str, answer: str, again: Again) -> bool | None:
    """Where one of the two has several values: the same ones, in any order."""
    readings = [(listed(reference, thousands), listed(answer, thousands)) for thousands in (True, False)]
    if all(len(expected) <= 1 and len(found) <= 1 for expected, found in readings):
        return None
    if _is_tuple(reference) or _is_tuple(answer):
        return None
    for expected, found in readings:
        if len(expected) == len(found) > 1 and _one_to_one(_named(expected), _named(found), again):
            return True
        if (
            len(expected) == len(found) == 1
            and [*expected, *found] != [reference, answer]
            and again(expected[0], found[0])
        ):
            return True
    return False


def _is_tuple(text: str) -> bool:
    return len(split_top(text)) == 1 and enclosed(text) is not None


def _named(values: Sequence[str]) -> list[str]:
    """`x = 1, 2` says what `x = 1, x = 2` says."""
    name, equals, _ = values[0].partition("=")
    if not equals or not _is_name(name) or any("=" in value for value in values[1:]):
        return list(values)
    return [values[0], *(f"{name}={value}" for value in values[1:])]


def _one_to_one(expected: Sequence[str], found: Sequence[str], again: Again) -> bool:
    if len(expected) != len(found) or len(expected) > MAX_VALUES:
        return False
    left = list(found)
    for value in expected:
        match = next((other for other in left if again(value, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _in_order(expected: Sequence[str], found: Sequence[str], again: Again) -> bool:
    return len(expected) == len(found) and all(again(*pair) for pair in zip(expected, found, strict=True))


_BASED = re.compile(r"([0-9A-Za-z]+)\s*_\s*(?:\{\s*(\d+)\s*\}|(\d+))|([0-9A-Z]+)")


def _based(reference: str, answer: str, _: Again) -> bool | None:
    """`1210_3`: the base may be left out, but not be another one."""
    one, other = _BASED.fullmatch(reference), _BASED.fullmatch(answer)
    if not one or not other or not (one[1] or other[1]) or not re.search(r"\d", one[0]):
        return None
    bases = {match[2] or match[3] for match in (one, other)} - {None}
    digits = [(match[1] or match[4]).upper().lstrip("0") for match in (one, other)]
    return len(bases) == 1 and digits[0] == digits[1]


def _ratios(reference: str, answer: str, again: Again) -> bool | None:
    """`3:4` and times of day, part by part."""
    expected, found = split_top(reference, ":"), split_top(answer, ":")
    if max(len(expected), len(found)) == 1:
        return None
    return _in_order(expected, found, again)


def _bracketed(reference: str, answer: str, again: Again) -> bool | None:
    """Pairs and intervals in order, sets in any order; brackets that a list leaves out may be missing."""
    if not (_is_tuple(reference) or _is_tuple(answer)):
        return None
    expected, found = _brackets(reference), _brackets(answer)
    if len(expected[1]) == 1 and len(found[1]) == 1:
        return again(expected[1][0], found[1][0]) if expected[::2] == found[::2] != ("", "") else None
    ordered = r"\{" not in (expected[0], found[0])
    if expected[::2] != found[::2] and ("", "") not in (expected[::2], found[::2]):
        return False
    if (expected[0] != found[0] and "[" in (expected[0], found[0])) or (
        expected[2] != found[2] and "]" in (expected[2], found[2])
    ):
        return False
    return (_in_order if ordered else _one_to_one)(expected[1], found[1], again)


def _brackets(text: str) -> tuple[str, list[str], str]:
    found = enclosed(text) if _is_tuple(text) else None
    if found is None:
        return "", listed(text, thousands=False), ""
    opening, inside, closing = found
    return opening, listed(inside, thousands=False), closing


_WITHIN = re.compile(r"([a-zA-Z]|\\theta)\s*\\in(?![a-zA-Z])\s*")
_END = r"(-?[^<>=\\,a-zA-Z]*(?:\\(?:infty|frac|sqrt|pi)[^<>=\\,a-zA-Z]*)*)"
_VARIABLE = r"([a-zA-Z]|\\theta)"
_LESS = r"\s*(<|\\le(?![a-zA-Z])|\\lt(?![a-zA-Z]))\s*"
_MORE = r"\s*(>|\\ge(?![a-zA-Z])|\\gt(?![a-zA-Z]))\s*"
_BETWEEN = re.compile(rf"{_END}{_LESS}{_VARIABLE}{_LESS}{_END}")
_BELOW = re.compile(rf"{_VARIABLE}{_LESS}{_END}|{_END}{_MORE}{_VARIABLE}")
_ABOVE = re.compile(rf"{_VARIABLE}{_MORE}{_END}|{_END}{_LESS}{_VARIABLE}")


def _unions(reference: str, answer: str, again: Again) -> bool | None:
    """Unions of intervals piece by piece; `x < 1 or x > 2` is one too."""
    if r"\cup" not in reference + answer:
        return None
    return _one_to_one(_pieces(reference), _pieces(answer), again)


def _pieces(text: str) -> list[str]:
    inequalities = [_interval(part) for part in split_top(text)]
    variables = {variable for variable, _ in inequalities}
    if len(inequalities) > 1 and len(variables) == 1 and "" not in variables:
        return [interval for _, interval in inequalities]
    return [piece.strip() for piece in _interval(text)[1].split(r"\cup")]


def _membership(reference: str, answer: str, again: Again) -> bool | None:
    """`x \\in [1, 2)` and `1 \\le x < 2` against the interval; solved inequalities only."""
    (variable, expected), (other, found) = _interval(reference), _interval(answer)
    if not variable and not other:
        return None
    return (not variable or not other or variable == other) and again(expected, found)


def _interval(text: str) -> tuple[str, str]:
    """(variable, interval); no variable where `text` is no such thing."""
    if match := _WITHIN.match(text):
        return match[1], text[match.end() :]
    if match := _BETWEEN.fullmatch(text):
        return match[3], f"{_opening(match[2])}{match[1]},{match[5]}{_closing(match[4])}"
    if match := _BELOW.fullmatch(text):
        return match[1] or match[6], rf"(-\infty,{match[3] or match[4]}{_closing(match[2] or match[5])}"
    if match := _ABOVE.fullmatch(text):
        return match[1] or match[6], rf"{_opening(match[2] or match[5])}{match[3] or match[4]},\infty)"
    return "", text


def _opening(relation: str) -> str:
    return "[" if "e" in relation else "("


def _closing(relation: str) -> str:
    return "]" if "e" in relation else ")"


_NAME = re.compile(r"\s*\|?(?:\\[a-zA-Z]+\s*)*\{?[A-Za-z]*\}?'*(?:_(?:\w|\{[^{}]*\}))?(?:\([^()=]*\))?\|?\s*")


def _is_name(text: str) -> bool:
    """A variable, an angle, a segment, `f(3)`, `a_{10}`: what an answer is the value of."""
    return bool(text.strip()) and bool(_NAME.fullmatch(text)) and not re.fullmatch(r"\s*\d*\s*", text)


def _equations(reference: str, answer: str, again: Again) -> bool | None:
    expected, found = split_top(reference, "="), split_top(answer, "=")
    if len(expected) == len(found) == 1 or r"\begin" in reference + answer:
        return None
    if len(expected) == 1:
        return _states_value(found, again) and again(reference, found[-1].strip())
    if not _is_name(expected[0]):
        return None
    value = expected[-1].strip()
    if len(found) == 1:
        return again(value, answer)
    named_alike = found[0].replace(" ", "") == expected[0].replace(" ", "")
    return named_alike and again(value, found[-1].strip())


def _states_value(sides: Sequence[str], again: Again) -> bool:
    """Whether an equation tells the value of something, unlike `2x + 3 = 13`, which asks for it."""
    first = sides[0]
    letters = set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", "", first)))
    if _is_name(first) or len(letters) > 1 or re.search(r"\\(?:sin|cos|tan|log|ln|angle|text|det)", first):
        return True
    return not letters and again(first.strip(), sides[-1].strip())
