r"""Is an answer the same mathematics as the reference? Text first, then math-verify for what needs algebra.

What is decided here, because math-verify decides it otherwise: all values of a list and no others must be there;
brackets of pairs, intervals and sets must agree; units that differ differ; words are compared as words; an
equation in one unknown is no answer to a reference that is a value (it could be copied from the question); numbers
are compared relative to their size. `quick` needs no algebra and no process of its own, `compare` may take for ever.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from k15.rewards.intervals import interval, is_relation, pieces
from k15.rewards.math_text import enclosed, listed, nesting, normalise, split_top, words
from k15.rewards.numerals import read_number, same_number
from k15.rewards.units import split_unit

MAX_VALUES = 64
MAX_DEPTH = 6
MAX_NESTING = 40
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
    depth = nesting(found)
    if depth is None:
        return Reply(False, "brackets of the answer stay open")
    if depth > MAX_NESTING + (nesting(expected) or 0):
        return Reply(False, f"brackets {depth} deep")
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

    for decide in (_unions, _lists, _based, _membership, _equations, _ratios, _bracketed):
        decided = decide(reference, answer, again)
        if decided is not None:
            return decided
    return algebra(reference, answer)


Again = Callable[[str, str], bool]


def _lists(reference: str, answer: str, again: Again) -> bool | None:
    """Where one of the two has several values: the same ones, in any order, however often."""
    readings = [(_distinct(reference, thousands), _distinct(answer, thousands)) for thousands in (True, False)]
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


def _distinct(text: str, thousands: bool) -> list[str]:
    return list({_SPACE.sub("", value): value for value in listed(text, thousands)}.values())


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


_BASED = re.compile(r"([0-9A-Za-z]+(?:\.[0-9A-Za-z]+)?)\s*_\s*(?:\{\s*(\d+)\s*\}|(\d+))|([0-9A-Z]+(?:\.[0-9A-Z]+)?)")


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


def _unions(reference: str, answer: str, again: Again) -> bool | None:
    """Unions of intervals piece by piece; `x < 1 or x > 2` is one too."""
    if r"\cup" not in reference + answer:
        return None
    return _one_to_one(pieces(reference), pieces(answer), again)


def _membership(reference: str, answer: str, again: Again) -> bool | None:
    """`x \\in [1, 2)` and `1 \\le x < 2` against the interval; solved inequalities only."""
    (variable, expected), (other, found) = interval(reference), interval(answer)
    if not variable and not other:
        return None
    if not (variable and other) and is_relation(answer if variable else reference):
        return None
    return (not variable or not other or variable == other) and again(expected, found)


_NAME = re.compile(r"(?=[|\\{A-Za-z])\|?(?:\\[a-zA-Z]+\s*)*\{?[A-Za-z]*\}?'*(?:_(?:\w|\{[^{}]*\}))?(?:\([^()=]*\))?\|?")


def _is_name(text: str) -> bool:
    """A variable, an angle, a segment, `f(3)`, `a_{10}`, `(x, y)`, `A:B`: what an answer is the value of."""
    text = text.strip()
    inside = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    return bool(_NAME.fullmatch(text)) or all(_NAME.fullmatch(part.strip()) for part in re.split("[:,/]", inside))


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
    stated = [side.replace(" ", "") for side in found]
    if stated[0] == expected[0].replace(" ", ""):
        return again(value, found[-1].strip())
    if len(found) == 2 and stated[1] == expected[0].replace(" ", ""):
        return again(value, found[0].strip())
    return None if _letters(value) else False  # a line has many equations; `2x + 3 = 13` is not `x = 5`


def _letters(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", "", text)))


def _states_value(sides: Sequence[str], again: Again) -> bool:
    """Whether an equation tells the value of something, unlike `2x + 3 = 13`, which asks for it."""
    first = sides[0]
    letters = _letters(first)
    if _is_name(first) or len(letters) > 1 or re.search(r"\\(?:sin|cos|tan|log|ln|angle|text|det)", first):
        return True
    return not letters and again(first.strip(), sides[-1].strip())
