"""The accepted answers of a problem record.

`answer` is one answer, or a list of accepted ones; where a record has room for one text only, a list is that text
as JSON. Only a list of texts counts as such there: `[0, 1]` is an interval.
"""

import json
from collections.abc import Mapping
from typing import Any

from k15.errors import UserError


def alternatives(answer: str) -> list[str]:
    if not answer.startswith('["'):
        return [answer]
    try:
        parsed = json.loads(answer)
    except json.JSONDecodeError:
        return [answer]
    return parsed if all(isinstance(one, str) for one in parsed) else [answer]


def threshold_of(record: Mapping[str, Any], default: float) -> float:
    """From which reward on a verdict is correct; `UserError` for what is no number from 0 to 1."""
    threshold = default if record.get("threshold") is None else record["threshold"]
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise UserError(f"field 'threshold' must be a number from 0 to 1 (got {threshold!r:.60}); mend the record")
    return float(threshold)


def references(record: Mapping[str, Any]) -> list[str]:
    """Every accepted answer of `record`, as text; `UserError` where there is none."""
    answer = record.get("answer")
    found: list[Any] = answer if isinstance(answer, list) else [answer]
    if isinstance(answer, str):
        found = list(alternatives(answer.strip()))
    if not found or not all(
        isinstance(one, str | int | float) and one is not True and one is not False for one in found
    ):
        raise UserError(
            f"field 'answer' must be a text, a number or a list of them (got {answer!r:.60}); mend the record"
        )
    return [str(one).strip() for one in found]
