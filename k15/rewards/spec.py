"""What a verifier reads of a problem besides `answer`, as one text: column `spec` of the prompt set."""

import base64
import json
from collections.abc import Mapping
from typing import Any

FIELDS = (
    *("tolerance", "threshold", "limits"),
    *("tests", "language", "case_sensitive", "entry_point", "prompt", "setup"),
    *("target", "picture"),
)
NEEDED = {"code_stdin": "tests", "code_function": "tests", "svg": "target", "plot": "target"}
"""The field in place of an answer, by verifier."""


def write_spec(fields: Mapping[str, Any]) -> str:
    """Those of `FIELDS` that are there, as JSON; empty where none is. TypeError for a value that JSON does not have."""
    found = {name: fields[name] for name in FIELDS if fields.get(name) is not None}
    if isinstance(found.get("target"), bytes):
        found["target"] = f"data:;base64,{base64.b64encode(found['target']).decode()}"
    return json.dumps(found, ensure_ascii=False) if found else ""


def read_record(verifier: str, answer: str, spec: str) -> dict[str, Any]:
    """The record that the verifier reads."""
    return {**(json.loads(spec) if spec else {}), "verifier": verifier, "answer": answer}
