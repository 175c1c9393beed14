"""The verifiers and their registry: a problem names one in its `verifier` field.

A verifier judges responses to problem records. The same response gets the same verdict whatever else is in the
batch, in whatever order.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from k15.errors import UserError
from k15.rewards import answers
from k15.rewards.answers import Case
from k15.rewards.extraction import Mode, extract_choice, extract_count, extract_math, extract_string, hedges
from k15.rewards.references import references
from k15.rewards.verdict import Verdict, best

Record = Mapping[str, Any]
Verifier = Callable[[Sequence[Record], Sequence[str], Mode], list[Verdict]]
"""Verdicts of responses to records, in their order; `UserError` for a record that it cannot work with."""
Extract = Callable[[str, Mode], str | None]
Compare = Callable[[Sequence[Case]], list[Verdict]]


def extract_then_compare(extract: Extract, compare: Compare) -> Verifier:
    """The verifier that reads an answer out of the response and compares it with each accepted reference.

    In the "rl" reading, boxes with different contents are no commitment to an answer: wrong.
    """

    def verify(records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        cases: list[tuple[int, Case]] = []
        for index, (record, response) in enumerate(zip(records, responses, strict=True)):
            accepted, answer = references(record), extract(response, mode)
            if answer is None:
                verdicts[index] = Verdict.wrong("no answer")
            elif mode == "rl" and hedges(response):
                verdicts[index] = Verdict.wrong("boxes with different answers")
            else:
                cases.extend((index, Case(reference, answer.strip(), record)) for reference in accepted)
        judged: dict[int, list[Verdict]] = {}
        for (index, _), verdict in zip(cases, compare([case for _, case in cases]), strict=True):
            judged.setdefault(index, []).append(verdict)
        verdicts.update((index, best(found)) for index, found in judged.items())
        return [verdicts[index] for index in range(len(records))]

    return verify


def each(compare: Callable[[Case], Verdict]) -> Compare:
    """A comparison that is so quick that it needs no batch."""
    return lambda cases: [compare(case) for case in cases]


def later(module: str, name: str) -> Verifier:
    """A verifier whose libraries are loaded when a record asks for it: most runs, and math's workers, never do."""

    def verify(records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
        verdicts: list[Verdict] = getattr(importlib.import_module(module), name)(records, responses, mode)
        return verdicts

    return verify


VERIFIERS: dict[str, Verifier] = {
    "math": extract_then_compare(extract_math, answers.compare_math),
    "choice": extract_then_compare(extract_choice, each(answers.compare_choice)),
    "string": extract_then_compare(extract_string, each(answers.compare_string)),
    "number": extract_then_compare(extract_math, each(answers.compare_number)),
    "chart": extract_then_compare(extract_string, each(answers.compare_chart)),
    "ocr": extract_then_compare(extract_string, each(answers.compare_ocr)),
    "count": extract_then_compare(extract_count, each(answers.compare_count)),
    "code_stdin": later("k15.rewards.code", "verify_stdin"),
    "code_function": later("k15.rewards.code", "verify_functions"),
    "svg": later("k15.rewards.visual", "verify_svg"),
    "plot": later("k15.rewards.visual", "verify_plot"),
}


def score_batch(records: Sequence[Record], responses: Sequence[str], *, mode: Mode = "rl") -> list[Verdict]:
    """Verdicts of responses to problem records (`verifier`, and what it needs, such as `answer`), in their order.

    What ends in an `error` (deadline, lost worker) is judged once more; a second one stands, and the caller leaves
    that response out. An unknown verifier is a `UserError`.
    """
    verdicts = _judge(records, responses, mode)
    failed = [index for index, verdict in enumerate(verdicts) if verdict.verdict == "error"]
    again = _judge([records[index] for index in failed], [responses[index] for index in failed], mode)
    for index, verdict in zip(failed, again, strict=True):
        verdicts[index] = verdict
    return verdicts


def _judge(records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    verdicts: dict[int, Verdict] = {}
    pending: dict[str, list[int]] = {}
    for index, (record, _) in enumerate(zip(records, responses, strict=True)):
        pending.setdefault(known(str(record["verifier"])), []).append(index)
    for name, indices in pending.items():
        judged = VERIFIERS[name]([records[index] for index in indices], [responses[index] for index in indices], mode)
        verdicts.update(zip(indices, judged, strict=True))
    return [verdicts[index] for index in range(len(verdicts))]


def known(name: str) -> str:
    """`name`, if there is such a verifier; else `UserError`."""
    if name not in VERIFIERS:
        raise UserError(f"unknown verifier {name!r:.60}; use one of {', '.join(sorted(VERIFIERS))}")
    return name


def score(record: Record, response: str, *, mode: Mode = "rl") -> Verdict:
    return score_batch([record], [response], mode=mode)[0]
