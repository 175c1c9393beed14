"""How the answers of each kind of problem are compared with one reference: one function per verifier.

Math goes through processes of its own (`math_pool`); the others are a few operations on short texts. Where a record
sets how near an answer must be (`tolerance`, `threshold`), a value that makes no sense is a `UserError`.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from k15.errors import UserError
from k15.rewards.counts import read_count
from k15.rewards.extraction import letters
from k15.rewards.math_compare import quick
from k15.rewards.math_pool import shared_pool
from k15.rewards.math_text import normalise as normalise_math
from k15.rewards.numerals import Numeral, read_number, same_number
from k15.rewards.references import threshold_of
from k15.rewards.text_distance import anls
from k15.rewards.units import split_unit
from k15.rewards.verdict import Verdict

MAX_ANSWER_CHARACTERS = 1000
CHART_TOLERANCE = 0.05
OCR_THRESHOLD = 0.5
_INTEGER = re.compile(r"[-+]?\d{1,18}", re.ASCII)


class Case(NamedTuple):
    """One answer to be held against one accepted reference of its record."""

    reference: str
    answer: str
    record: Mapping[str, Any]


def compare_math(cases: Sequence[Case]) -> list[Verdict]:
    """An answer much longer than its reference (over 1,000 characters and four times it) is wrong at once."""
    verdicts = [_compare_plain(case.reference, case.answer) for case in cases]
    hard = [index for index, verdict in enumerate(verdicts) if verdict is None]
    if hard:
        pairs = [(cases[index].reference, cases[index].answer) for index in hard]
        for index, verdict in zip(hard, shared_pool().compare(pairs), strict=True):
            verdicts[index] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def _compare_plain(reference: str, answer: str) -> Verdict | None:
    """Numbers and identical texts need no algebra, and most answers of a rollout are such."""
    if not answer:
        return Verdict.wrong("empty answer")
    if _too_long(reference, answer):
        return Verdict.wrong(f"answer of {len(answer)} characters")
    if _INTEGER.fullmatch(reference) and _INTEGER.fullmatch(answer):
        same = int(reference) == int(answer)
        return Verdict.correct("equal integers") if same else Verdict.wrong("different integers")
    reply = quick(reference, answer)
    if reply is None:
        return None
    return {None: Verdict.error, True: Verdict.correct, False: Verdict.wrong}[reply.equal](reply.why)


def _too_long(reference: str, answer: str) -> bool:
    return len(answer) > max(MAX_ANSWER_CHARACTERS, 4 * len(reference))


def compare_choice(case: Case) -> Verdict:
    """The same options, in any order."""
    options = letters(case.reference.strip().upper())
    if options is None:
        return Verdict.error(f"the reference {case.reference!r:.60} names no option")
    return _same(options, case.answer)


def compare_string(case: Case) -> Verdict:
    return _same(_normalise(case.reference), _normalise(case.answer))


def _normalise(text: str) -> str:
    """Compatibility forms, case, runs of white space and a final full stop make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".。 ")


def _same(reference: str, answer: str) -> Verdict:
    if not answer:
        return Verdict.wrong("empty answer")
    return Verdict.correct("identical") if reference == answer else Verdict.wrong("different")


def compare_number(case: Case) -> Verdict:
    """Within `tolerance` of the record: 0.01 is absolute, "1%" relative to the reference, none is exact."""
    relative, allowed = _tolerance(case.record)
    reference, answer = _measured(case.reference), _measured(case.answer)
    if reference is None:
        return Verdict.error(f"the reference {case.reference!r:.60} is no number")
    if answer is None:
        return Verdict.wrong("the answer is no number")
    (expected, unit), (found, other) = reference, answer
    if unit and other and unit != other:
        return Verdict.wrong(f"{other} instead of {unit}")
    if not allowed:
        return Verdict.correct("equal") if same_number(expected, found) else Verdict.wrong("different numbers")
    apart = abs(expected.value - found.value)
    if expected.percent != found.percent and abs(found.written) >= 1:
        apart = min(apart, abs(expected.written - found.written))
    near = apart <= allowed * (abs(expected.value) if relative else 1)
    why = f"{float(apart):.6g} apart" if apart < 10**300 else "very far apart"
    return Verdict.correct(why) if near else Verdict.wrong(why)


def _measured(text: str) -> tuple[Numeral, str] | None:
    spelled = normalise_math(text) if len(text) <= MAX_ANSWER_CHARACTERS else None
    if spelled is None:
        return None
    parted = split_unit(spelled)
    number = read_number(parted.value)
    return None if number is None else (number, parted.unit)


def _tolerance(record: Mapping[str, Any]) -> tuple[bool, Fraction]:
    """(relative, how much)"""
    given = 0 if record.get("tolerance") is None else record["tolerance"]
    text = str(given).strip()
    try:
        value = float("nan") if isinstance(given, bool) else float(text.removesuffix("%"))
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and value >= 0):
        raise UserError(
            f"field 'tolerance' must be a number, or a text such as \"1%\" (got {given!r:.60}); mend the record"
        )
    relative = text.endswith("%")
    return relative, Fraction(text.removesuffix("%").strip()) / (100 if relative else 1)


def compare_chart(case: Case) -> Verdict:
    """ChartQA's relaxed accuracy: numbers within 5 % of the reference, anything else the same text but for case."""
    reference, answer = _chart_number(case.reference), _chart_number(case.answer)
    if reference and answer is not None:
        apart = abs(answer - reference) / abs(reference)
        why = f"{apart:.2%} off"
        return Verdict.correct(why) if apart <= CHART_TOLERANCE else Verdict.wrong(why)
    return _same(case.reference.lower(), case.answer.lower())


def _chart_number(text: str) -> float | None:
    """As the published measure reads it: a percent sign divides by 100, thousands separators are no number."""
    plain = text.replace("\\%", "%").strip()
    try:
        value = float(plain.rstrip("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in plain else None


def compare_ocr(case: Case) -> Verdict:
    """The reward is ANLS itself; correct from `threshold` of the record on (0.5)."""
    threshold = threshold_of(case.record, OCR_THRESHOLD)
    score = anls(case.reference, case.answer)
    return Verdict("correct" if score >= threshold else "wrong", score, f"ANLS {score:.4f}")


def compare_count(case: Case) -> Verdict:
    reference, answer = read_count(case.reference), read_count(case.answer)
    if reference is None:
        return Verdict.error(f"the reference {case.reference!r:.60} is no count")
    if answer is None:
        return Verdict.wrong("the answer is no count")
    return Verdict.correct("equal counts") if reference == answer else Verdict.wrong(f"{answer} instead of {reference}")
