"""One record of a set, in the user's own layout or as published, as a problem.

What a published set says of its problems is kept: subject, level, and the kind of answer where that bars a problem
from the prompt set (a choice, true or false, a picture that is not there).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from k15.records import Record
from k15.rewards import VERIFIERS
from k15.rewards.extraction import last_boxed
from k15.rewards.spec import NEEDED, write_spec
from stages.prompts.params import Format


@dataclass(frozen=True)
class Given:
    """What a source says of a problem; what is empty is decided by rules."""

    question: str
    answer: str
    verifier: str = "math"
    spec: str = ""
    id: str = ""
    domain: str = ""
    subject: str = ""
    difficulty: int = 0
    barred: str = ""


def _own(record: Record) -> Given:
    verifier = record.text("verifier", default="math")
    if verifier not in VERIFIERS:
        raise record.error(f"unknown verifier {verifier!r:.60}; use one of {', '.join(sorted(VERIFIERS))}")
    return Given(
        question=record.text("question"),
        answer=_answer(record, verifier),
        verifier=verifier,
        spec=_spec(record, verifier),
        id=record.text("id", default=""),
        domain=record.text("domain", default=""),
        subject=record.text("discipline", default=""),
        difficulty=record.level("difficulty"),
        barred="multiple-choice" if record.fields.get("options") else "",
    )


def _answer(record: Record, verifier: str) -> str:
    """One, or a JSON list of accepted ones; empty for a proof, and where tests or a picture take its place."""
    given = record.fields.get("answer")
    if given == "" or (given is None and verifier in NEEDED):
        return ""
    if isinstance(given, list) and given and all(isinstance(one, str | int | float) for one in given):
        return json.dumps([str(one) for one in given], ensure_ascii=False)
    return record.text("answer")


def _spec(record: Record, verifier: str) -> str:
    if verifier in NEEDED and not record.fields.get(NEEDED[verifier]):
        raise record.error(f"verifier {verifier} needs the field {NEEDED[verifier]!r}")
    try:
        return write_spec(record.fields)
    except TypeError as error:
        raise record.error(f"a field of verifier {verifier} cannot be kept ({error})") from None


def _gsm8k(record: Record) -> Given:
    _, mark, answer = record.text("answer").rpartition("####")
    if not mark:
        raise record.error("the answer has no '####' line; is this a GSM8K file?")
    return Given(record.text("question"), answer.strip().replace(",", ""), domain="math")


def _math(record: Record) -> Given:
    """With the answer beside the solution, as in MATH-500, or in its last box."""
    answer = record.text("answer", default="") or last_boxed(record.text("solution"))
    if not answer:
        raise record.error("the solution has no \\boxed answer; is this a MATH file?")
    subject, level = record.text("subject", "type", default=""), record.level("level")
    name = record.text("unique_id", default="")
    return Given(record.text("problem"), answer, id=name, domain="math", subject=subject, difficulty=level)


def _svamp(record: Record) -> Given:
    question = f"{record.text('Body')} {record.text('Question')}"
    answer = _number(record.text("Answer"))
    return Given(question, answer, id=record.text("ID"), domain="math", subject=record.text("Type", default=""))


def _number(text: str) -> str:
    return text.removesuffix(".0")


def _theoremqa(record: Record) -> Given:
    kind, answer = record.text("Answer_type"), record.get("Answer")
    barred = {"bool": "true-false", "option": "multiple-choice"}.get(kind, "")
    if record.fields.get("Picture"):
        barred = "picture"
    field = record.text("field", default="")
    subject = record.text("subfield", default="") if field.casefold() == "math" else field
    approximate = kind == "float"
    return Given(
        question=record.text("Question"),
        answer=f"({', '.join(_number(str(one)) for one in answer)})" if isinstance(answer, list) else str(answer),
        verifier="number" if approximate else "math",
        spec=write_spec({"tolerance": "1%"}) if approximate else "",
        id=record.text("id", default=""),
        subject=subject,
        barred=barred,
    )


def _mbpp(record: Record) -> Given:
    tests = record.get("test_list")
    if not isinstance(tests, list) or not tests:
        raise record.error("field 'test_list' must be a list of assertions; is this an MBPP file?")
    fields: dict[str, Any] = {"tests": tests, "setup": record.fields.get("test_setup_code") or None}
    # The first assertion tells the function's name and arguments.
    question = f"{record.text('text', 'prompt')}\nYour code should pass this test:\n```python\n{tests[0]}\n```"
    name = record.text("task_id")
    return Given(question, "", "code_function", write_spec(fields), name, "code", "programming")


FORMATS: dict[Format, Callable[[Record], Given]] = {
    "records": _own,
    "gsm8k": _gsm8k,
    "math": _math,
    "mbpp": _mbpp,
    "svamp": _svamp,
    "theoremqa": _theoremqa,
}
"""By the name in params; packages are no records."""
