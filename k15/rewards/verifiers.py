"""The verifiers and their registry: a problem names one in its `verifier` field.

A verifier reads the answer out of the response and compares it with the reference. The same response gets
the same verdict whatever else is in the batch, in whatever order.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k15.errors import UserError
from k15.rewards.extraction import Mode, extract_choice, extract_math, extract_string
from k15.rewards.math_pool import shared_pool
from k15.rewards.verdict import Verdict

MAX_ANSWER_CHARACTERS = 1000
_INTEGER = re.compile(r"[-+]?\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Verifier:
    extract: Callable[[str, Mode], str | None]
    compare: Callable[[Sequence[tuple[str, str]]], list[Verdict]]
    """Judges (reference, answer) pairs."""


def _compare_math(pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    verdicts = [_compare_plain(*pair) for pair in pairs]
    hard = [index for index, verdict in enumerate(verdicts) if verdict is None]
    if hard:
        for index, verdict in zip(hard, shared_pool().compare([pairs[index] for index in hard]), strict=True):
            verdicts[index] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def _compare_plain(reference: str, answer: str) -> Verdict | None:
    """Integers and identical strings need no algebra, and most answers of a rollout are such."""
    if not answer:
        return Verdict.wrong("empty answer")
    if len(answer) > max(MAX_ANSWER_CHARACTERS, 4 * len(reference)):
        return Verdict.wrong(f"answer of {len(answer)} characters")
    if _INTEGER.fullmatch(reference) and _INTEGER.fullmatch(answer):
        same = int(reference) == int(answer)
        return Verdict.correct("equal integers") if same else Verdict.wrong("different integers")
    return Verdict.correct("identical") if reference == answer else None


def _compare_choices(pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    return [_same(reference.strip("() ."), answer) for reference, answer in pairs]


def _compare_strings(pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    return [_same(_normalise(reference), _normalise(answer)) for reference, answer in pairs]


def _normalise(text: str) -> str:
    """Compatibility forms, case, runs of white space and a final full stop make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".。 ")


def _same(reference: str, answer: str) -> Verdict:
    if not answer:
        return Verdict.wrong("empty answer")
    return Verdict.correct("identical") if reference == answer else Verdict.wrong("different")


VERIFIERS: dict[str, Verifier] = {
    "math": Verifier(extract_math, _compare_math),
    "choice": Verifier(extract_choice, _compare_choices),
    "string": Verifier(extract_string, _compare_strings),
}


def score_batch(records: Sequence[Mapping[str, Any]], responses: Sequence[str], *, mode: Mode = "rl") -> list[Verdict]:
    """Verdicts of responses to problem records (`verifier`, `answer`), in their order.

    What ends in an `error` (deadline, lost worker) is judged once more; a second one stands, and the caller leaves
    that response out. An unknown verifier is a `UserError`.
    """
    verdicts = _judge(records, responses, mode)
    failed = [index for index, verdict in enumerate(verdicts) if verdict.verdict == "error"]
    again = _judge([records[index] for index in failed], [responses[index] for index in failed], mode)
    for index, verdict in zip(failed, again, strict=True):
        verdicts[index] = verdict
    return verdicts


def _judge(records: Sequence[Mapping[str, Any]], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    verdicts: dict[int, Verdict] = {}
    pending: dict[str, list[tuple[int, str, str]]] = {}
    for index, (record, response) in enumerate(zip(records, responses, strict=True)):
        name = str(record["verifier"])
        if name not in VERIFIERS:
            raise UserError(f"unknown verifier {name!r}; use one of {', '.join(sorted(VERIFIERS))}")
        answer = VERIFIERS[name].extract(response, mode)
        if answer is None:
            verdicts[index] = Verdict.wrong("no answer")
        else:
            pending.setdefault(name, []).append((index, str(record["answer"]).strip(), answer.strip()))
    for name, items in pending.items():
        judged = VERIFIERS[name].compare([(reference, answer) for _, reference, answer in items])
        verdicts.update((index, verdict) for (index, _, _), verdict in zip(items, judged, strict=True))
    return [verdicts[index] for index in range(len(verdicts))]


def score(record: Mapping[str, Any], response: str, *, mode: Mode = "rl") -> Verdict:
    return score_batch([record], [response], mode=mode)[0]
