"""The verdict of a judge that reasons: `<think>…</think>{"verdict": "correct"}` or `{"verdict": "wrong"}` (§2.3.5).

Read strictly: after the reasoning comes one JSON object with that key and one of these values, and nothing else.
Whatever is not of this form is an `error`, never wrong: it says something about the judge, nothing about the response.
"""

import json
from collections.abc import Sequence
from typing import Any

from k15.rewards.verdict import Verdict

_REASONING, _END_OF_REASONING = "<think>", "</think>"


def write_verdict(reasoning: str, correct: bool) -> str:
    """What a judge is taught to write."""
    return f"{_REASONING}{reasoning}{_END_OF_REASONING}{json.dumps({'verdict': 'correct' if correct else 'wrong'})}"


def parse_verdict(judgement: str) -> Verdict:
    """The verdict at the end of a judge's text."""
    _, mark, text = judgement.rpartition(_END_OF_REASONING)
    if not mark:
        return Verdict.error("the judge does not end its reasoning")
    try:
        content = json.loads(text, object_pairs_hook=_single)
    except (ValueError, RecursionError):
        return Verdict.error("the judge's verdict is not JSON")
    match content:
        case {"verdict": "correct"}:
            return Verdict.correct("the judge accepts it")
        case {"verdict": "wrong"}:
            return Verdict.wrong("the judge rejects it")
    return Verdict.error("the judge's JSON holds no verdict")


def reasoning_of(judgement: str) -> str:
    """What a judge wrote before its verdict."""
    return judgement.rpartition(_END_OF_REASONING)[0].removeprefix(_REASONING)


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, if it has just one key."""
    if len(pairs) != 1:
        raise ValueError("more or less than one key")
    return dict(pairs)


def majority(verdicts: Sequence[Verdict]) -> Verdict:
    """Of several judgements of one response; an `error` has no vote, and a tie (or no vote at all) is an `error`."""
    accepted = sum(v.verdict == "correct" for v in verdicts)
    rejected = sum(v.verdict == "wrong" for v in verdicts)
    if accepted == rejected:
        reason = verdicts[0].why if len(verdicts) == 1 else f"{accepted} judgements against {rejected}"
        return Verdict.error(reason)
    why = f"{max(accepted, rejected)} of {len(verdicts)} judgements"
    return Verdict.correct(why) if accepted > rejected else Verdict.wrong(why)
