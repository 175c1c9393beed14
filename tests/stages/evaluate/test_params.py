"""Bad evaluate parameters: one line that names the key."""

from typing import Any

import pytest

from k15.errors import UserError
from k15.evaluation.params import BenchmarksParams
from k15.params import parse_params
from stages.evaluate.params import Evaluate

DRAWN = {"samples": 2, "temperature": 1.0, "max_tokens": 64}
FAMILIES = {**DRAWN, "problems": 8, "base_problems": 4}
NEEDLE = {**DRAWN, "lengths": [64, 128], "depths": [0.0, 1.0], "problems": 4}
GOOD: dict[str, Any] = {"seed": 1, "max_model_len": 192, "text": FAMILIES, "vision": FAMILIES, "needle": NEEDLE}
NONE: dict[str, Any] = {"sets": [], "guarded": [], "decontamination": {}}
BENCHMARK = {**DRAWN, "name": "math500", "format": "math500", "path": "test.jsonl"}


def test_good_params_and_defaults() -> None:
    assert parse_params(Evaluate, "evaluate", GOOD).max_model_len == 192
    found = parse_params(BenchmarksParams, "benchmarks", {**NONE, "sets": [BENCHMARK]})
    assert found.sets[0].limit is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": {**FAMILIES, "samples": 0}}, "evaluate.text.samples must be at least 1 (got 0)"),
        ({"text": {**FAMILIES, "problems": 1}}, "evaluate.text.problems must be at least 2"),
        ({"vision": {**FAMILIES, "temperatur": 1.0}}, "unknown key evaluate.vision.temperatur"),
        ({"needle": {**NEEDLE, "lengths": []}}, "evaluate.needle.lengths"),
        ({"needle": {**NEEDLE, "depths": [1.5]}}, "evaluate.needle.depths.0 must be at most 1"),
        ({"max_model_len": 191}, "max_model_len must be at least 192"),
    ],
)
def test_bad_params(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_params(Evaluate, "evaluate", {**GOOD, **changed})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sets": [{**BENCHMARK, "format": "mmlu"}]}, "benchmarks.sets.0.format must be one of"),
        ({"sets": [{**BENCHMARK, "name": "edit.d1"}]}, "benchmarks.sets.0.name"),
        ({"guarded": [{"name": "humaneval", "path": "x.jsonl", "fields": []}]}, "benchmarks.guarded.0.fields"),
    ],
)
def test_bad_benchmarks(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_params(BenchmarksParams, "benchmarks", {**NONE, **changed})
    assert message in str(caught.value)
