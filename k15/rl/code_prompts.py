"""Code problems as RL prompts: those that the test-case step has kept, judged on their valid cases (§2.3.5)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from k15.artifacts import read_rows
from k15.rewards.spec import read_record, write_spec
from k15.rl.trajectory import RLPrompt
from k15.tokenizer import Tokenizer

_ASKED = "\n\nWrite a Python program that reads the input and prints the output. Answer with one ```python block."


def load_code_prompts(problems: Path, cases: Path, tokenizer: Tokenizer, room: int) -> list[RLPrompt]:
    """The kept problems of both datasets whose statement leaves at least half of `room` tokens for an answer. No
    model has tried them yet: they start as prompts that are never solved."""
    tests: dict[str, list[dict[str, str]]] = defaultdict(list)
    for case in read_rows(cases, "test_case"):
        if case["valid"]:
            tests[case["problem"]].append({"input": case["input"], "output": case["expected"]})
    found = []
    for row in read_rows(problems, "code_problem"):
        ids = tokenizer.encode_prompt(row["statement"] + _ASKED)
        if row["kept"] and len(ids) <= room // 2:
            found.append(RLPrompt(f"code/{row['id']}", ids, (), _record(row, tests[row["id"]]), 0.0))
    return found


def _record(row: dict[str, Any], tests: list[dict[str, str]]) -> dict[str, Any]:
    fields = {"tests": tests, "tolerance": row["tolerance"], "case_sensitive": row["case_sensitive"]}
    return read_record("code_stdin", "", write_spec(fields))
