"""Counts as people write them: digits, English and Chinese number words, with what is counted behind them."""

import re

from k15.rewards.numerals import read_number

MAX_CHARACTERS = 200

_BELOW_20 = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_BELOW_20.split())} | {"no": 0, "none": 0}
_ONES |= {word: 20 + 10 * value for value, word in enumerate(_TENS.split())}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_NUMBER_WORD = rf"(?:{'|'.join(sorted([*_ONES, *_SCALES], key=len, reverse=True))})"
_CHINESE_NUMBER = "零〇一二两三四五六七八九十百千万亿"
NUMBER_OR_WORD = re.compile(
    rf"\d[\d,]*|\b{_NUMBER_WORD}(?:(?:[\s-]+and)?[\s-]+{_NUMBER_WORD})*\b|[{_CHINESE_NUMBER}]+", re.IGNORECASE
)
_BEHIND = re.compile(r"\s*(?:[^\W\d_]|[\s'’-])*[.!。！]?")


def read_count(text: str) -> int | None:
    """The whole number that `text` begins with and is about; None where there is another one, a fraction or a hedge."""
    text = re.sub(r"\\text\s*\{([^{}]*)\}", r" \1 ", text[: MAX_CHARACTERS + 1]).strip().strip("$").strip()
    match = NUMBER_OR_WORD.match(text)
    if len(text) > MAX_CHARACTERS or match is None:
        return None
    behind = re.sub(r"^\.0+(?!\d)", "", text[match.end() :])
    if not _BEHIND.fullmatch(behind) or NUMBER_OR_WORD.search(behind) or re.search(r"\b(?:or|to)\b|[或至到]", behind):
        return None
    return _value(match[0])


def _value(text: str) -> int | None:
    words = re.findall(r"[a-z]+", text.lower())
    if not words:
        number = read_number(text)
        return int(number.written) if number and number.written.denominator == 1 else None
    total = section = 0
    previous = 0
    for word in words:
        if word == "and":
            continue
        if word in _ONES:
            if section % 100 and not (20 <= previous < 100 and 0 < _ONES[word] < 10):
                return None
            section += _ONES[word]
            previous = _ONES[word]
        elif word == "hundred":
            section, previous = (section or 1) * 100, 100
        else:
            total, section, previous = total + (section or 1) * _SCALES[word], 0, 1000
    return total + section
