"""Numbers as answers write them, read exactly.

Read are decimals with or without thousands separators, fractions, mixed numbers, powers of ten (`3e8`,
`3 \\times 10^8`), percentages, and Chinese numerals (一百二十三, 3.5万, 三分之二, 百分之五). Anything else, an
expression that would have to be computed included, is None. Exponents and lengths are bounded, so reading
costs nothing whatever the text.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARACTERS = 400

_PLAIN = r"(?:(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d+)?|\.\d+)"
_POWER = (
    r"(?:[eE](?P<e>[-+]?\d{1,3})|\s*(?:\\times|\\cdot|[×*x])\s*10\s*(?:\^|\*\*)\s*(?:\{\s*)?(?P<p>[-+]?\d{1,3})\s*\}?)"
)
_FRAC = r"\\[dtc]?frac\s*(?:\{\s*(?P<a>\d+)\s*\}\s*\{\s*(?P<b>\d+)\s*\}|(?P<c>\d)\s*(?P<d>\d))"
_NUMBER = re.compile(
    rf"(?P<sign>[-+−]?)\s*(?:(?P<scaled>{_PLAIN}){_POWER}|(?P<above>{_PLAIN})\s*/\s*(?P<below>{_PLAIN})"
    rf"|(?P<whole>\d+)\s+(?P<over>\d+)\s*/\s*(?P<under>\d+)|(?P<mixed>\d+)?\s*{_FRAC}|(?P<plain>{_PLAIN}))"
    r"\s*(?P<scale>[万亿]*)\s*(?P<percent>\\?[%％]|percent\b)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Numeral:
    written: Fraction
    """The number in front of the percent sign, if there is one."""
    percent: bool = False
    decimal: bool = False
    """Written with a decimal point: it may stand for a number that has no such form."""

    @property
    def value(self) -> Fraction:
        return self.written / 100 if self.percent else self.written


def read_number(text: str) -> Numeral | None:
    text = text.strip()
    if not 0 < len(text) <= MAX_CHARACTERS:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _read_chinese(text)
    value = _magnitude(match)
    if value is None:
        return None
    value *= 10 ** sum({"万": 4, "亿": 8}[unit] for unit in match["scale"][:4])
    signed = -value if match["sign"] in ("-", "−") else value
    return Numeral(signed, percent=match["percent"] is not None, decimal="." in text)


def _magnitude(match: re.Match[str]) -> Fraction | None:
    if match["scaled"]:
        return _plain(match["scaled"]) * Fraction(10) ** int(match["e"] or match["p"])
    if match["plain"]:
        return _plain(match["plain"])
    if match["above"]:
        return _ratio(_plain(match["above"]), _plain(match["below"]))
    whole = Fraction(match["whole"] or match["mixed"] or 0)
    above, below = match["over"] or match["a"] or match["c"], match["under"] or match["b"] or match["d"]
    part = _ratio(Fraction(above), Fraction(below))
    return None if part is None else whole + part


def _plain(text: str) -> Fraction:
    return Fraction(text.replace(",", "").replace(" ", ""))


def _ratio(above: Fraction, below: Fraction) -> Fraction | None:
    return above / below if below else None


_DIGITS = {
    character: value
    for value, characters in enumerate(
        ["零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"]
    )
    for character in characters
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE = re.compile(rf"[{''.join(_DIGITS)}{''.join(_UNITS)}万亿]+")


def _read_chinese(text: str) -> Numeral | None:
    sign = -1 if text.startswith("负") else 1
    text = text.removeprefix("负")
    below, of, above = text.partition("分之")
    if not of:
        value = _chinese_decimal(text)
        return None if value is None else Numeral(sign * value, decimal="点" in text)
    part = _chinese_decimal(above)
    if part is None and (number := read_number(above)) and not number.percent:
        part = number.written
    if below == "百":
        return None if part is None else Numeral(sign * part, percent=True)
    whole = _chinese_decimal(below)
    return None if part is None or not whole else Numeral(sign * part / whole)


def _chinese_decimal(text: str) -> Fraction | None:
    whole, point, decimals = text.partition("点")
    value = _chinese_integer(whole)
    if value is None or not point:
        return None if value is None else Fraction(value)
    if not decimals or any(character not in _DIGITS for character in decimals):
        return None
    return value + Fraction(int("".join(str(_DIGITS[character]) for character in decimals)), 10 ** len(decimals))


def _chinese_integer(text: str) -> int | None:
    if not _CHINESE.fullmatch(text):
        return None
    if all(character in _DIGITS for character in text):  # digit by digit: 二〇二四
        return int("".join(str(_DIGITS[character]) for character in text))
    total = section = 0
    digit: int | None = None
    unit = 10  # of the last character, for 一百二 = 120; 10 makes a digit count as it is
    for character in text:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[character]
            unit = unit if digit else 10
        elif character in _UNITS:
            unit = _UNITS[character]
            section += (1 if digit is None and unit == 10 else digit or 0) * unit
            digit = None
        else:
            unit = 10**4 if character == "万" else 10**8
            section += digit or 0
            total = (total + section) * unit if character == "亿" else total + section * unit
            section, digit = 0, None
    return total + section + (digit or 0) * (unit // 10)


def same_number(reference: Numeral, answer: Numeral) -> bool:
    """Equal as answers.

    A percent sign that only one of them has may be a unit that the other left out (the question asked for it),
    unless the number is at most 1, where 0.5 and 0.5 % would both make sense.
    A fraction without a finite decimal form equals a decimal of six or more correct places.
    """
    if reference.value == answer.value:
        return True
    if reference.percent != answer.percent and abs(answer.written) > 1 and reference.written == answer.written:
        return True
    return reference.decimal != answer.decimal and _rounds_to(reference.value, answer.value)


def _rounds_to(one: Fraction, other: Fraction) -> bool:
    apart = abs(one - other)
    return apart <= Fraction(1, 10**6) and apart * 10**4 <= max(abs(one), abs(other))
