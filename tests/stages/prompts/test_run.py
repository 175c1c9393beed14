"""The whole stage on a real engine; the policy is random, so what is checked is the path of every candidate."""

import json
from pathlib import Path
from typing import Any

import pytest

from k15.artifacts import Producer, publish, read_rows
from k15.errors import UserError
from k15.model import checkpoint
from k15.model.config import ModelConfig
from k15.model.vlm import build
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.verifiers import each, extract_then_compare
from k15.sandbox import shared_sandbox
from k15.stage import main
from k15.testcases.funnel import STEPS
from k15.tokenizer import Tokenizer
from stages.prompts.measure import GUESS_PREFIX
from stages.prompts.run import STAGE
from tests.k15 import tiny

SHAPE = ModelConfig(
    hidden_size=32,
    layers=1,
    heads=1,
    kv_heads=1,
    head_dim=32,
    ffn_size=32,
    rope_base=10000,
    init_std=0.02,
    image_size=64,
    patch_size=16,
    vision_hidden_size=32,
    vision_layers=1,
    vision_heads=1,
    vision_ffn_size=32,
    vocab_size=300,
    max_length=2048,
)
PARAMS: dict[str, Any] = {
    "seed": 3,
    "families": {"keep": {"count": 4, "difficulties": [1, 2]}, "rendered": {"count": 2, "difficulties": [1]}},
    "sources": [{"name": "mine", "path": "mine.jsonl"}],
    "heldout_checked": 10,
    "samples": 2,
    "temperature": 1.0,
    "max_tokens": 16,
    "trivial_from": 1.0,
    "easy_from": 0.7,
    "medium_from": 0.3,
    "guess_tries": 8,
    "guess_tokens": 4,
    "max_share": 1.0,
    "max_label_share": 1.0,
    "max_model_len": 160,
    "test_cases": {
        "bundled": False,
        "sources": [],
        "cases": 4,
        "agree": 0.7,
        "passing": 0.9,
        "min_valid": 3,
        "min_submissions": 2,
        "max_input_kib": 16,
        "limits": {"cpu_s": 2.0, "memory_mib": 128, "output_kib": 64},
        "written": {"attempts": 2, "temperature": 1.0, "max_tokens": 8, "max_model_len": 4096},
    },
}
OTHERS = {"engine": tiny.engine_params().model_dump(), "benchmarks": {"sets": [], "guarded": [], "decontamination": {}}}
MINE = [
    {"question": "Prove that 2 > 1.", "answer": ""},
    {"question": "True or false: 2 > 1.", "answer": "true"},
    {"question": "Which of the following is 2? (A) 1 (B) 2", "answer": "B"},
    {"question": "What is 1 + 1? " * 20, "answer": "2"},
    {"question": "What is 30 + 7?", "answer": "37", "domain": "math", "discipline": "arithmetic"},
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository after the SFT stage."""
    root = tmp_path_factory.mktemp("repository")
    (root / "params.yaml").write_text(json.dumps({**OTHERS, "prompts": PARAMS}))
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, MINE)))
    model, tokenizer = build(SHAPE, seed=1), Tokenizer.train(["Start with 123."], SHAPE.vocab_size)

    def fill(directory: Path) -> None:
        model.shape.save(directory / "model.json")
        tokenizer.save_pretrained(directory / "tokenizer")
        checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model), model.shape, directory / "tokenizer")

    publish(root / "artifacts" / "sft" / "long", "checkpoint", "checkpoint", Producer("sft", {}), fill)
    return root


def test_every_candidate_is_accounted_for(root: Path) -> None:
    assert main(STAGE, ["--root", str(root)]) == 0
    rows = read_rows(root / "artifacts" / "prompts", "prompt")
    metrics = json.loads((root / "metrics" / "prompts.json").read_text())
    assert [row["reason"] for row in rows if row["family"] == "mine"] == [
        "proof",
        "true-false",
        "multiple-choice",
        "too-long",
        "",
    ]
    assert metrics["candidates"] == len(rows) == 11
    assert metrics["kept"] == sum(row["kept"] for row in rows) == 7
    assert metrics["sampled"] == metrics["guess_tried"] == 7
    assert metrics["labels"] == {"hard": 7}
    assert metrics["families"] == {"keep": 4, "mine": 1, "rendered": 2}
    assert all(row["samples"] == 2 and row["pass_rate"] == 0.0 for row in rows if row["kept"])
    assert rows[-1]["tags"] == ["domain:math", "discipline:arithmetic"]


def test_a_guess_without_a_verdict_is_not_a_miss(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier judges responses, but never a guess."""

    def shaky(case: Case) -> Verdict:
        return Verdict.error("lost") if case.answer.startswith(GUESS_PREFIX) else Verdict.wrong("")

    monkeypatch.setitem(VERIFIERS, "shaky", extract_then_compare(lambda response, mode: response, each(shaky)))
    (root / "params.yaml").write_text(json.dumps({**OTHERS, "prompts": {**PARAMS, "guess_tries": 2}}))
    (root / "mine.jsonl").write_text(json.dumps({"question": "What is 1 + 1?", "answer": "2", "verifier": "shaky"}))
    assert main(STAGE, ["--root", str(root)]) == 0
    (row,) = [row for row in read_rows(root / "artifacts" / "prompts", "prompt") if row["family"] == "mine"]
    assert (row["kept"], row["reason"], row["samples"], row["guessed"]) == (False, "unjudged", 2, False)


def test_nothing_left_is_an_error_that_says_why(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = {**PARAMS, "families": {}, "guess_tries": 0}
    (root / "params.yaml").write_text(json.dumps({**OTHERS, "prompts": left}))
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, MINE[:2])))
    assert main(STAGE, ["--root", str(root)]) == 2
    assert "none of 2 candidates is left" in capsys.readouterr().err


def test_without_code_problems_both_tables_are_empty(root: Path) -> None:
    (root / "params.yaml").write_text(json.dumps({**OTHERS, "prompts": PARAMS}))
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, MINE)))
    assert main(STAGE, ["--root", str(root)]) == 0
    assert read_rows(root / "artifacts" / "test_cases" / "cases", "test_case") == []
    assert read_rows(root / "artifacts" / "test_cases" / "problems", "code_problem") == []
    metrics = json.loads((root / "metrics" / "prompts.json").read_text())["test_cases"]
    assert set(metrics["funnel"].values()) == {0}


CODE = {
    "statement": "Double it.",
    "submissions": [{"language": "python", "source": "print(2 * int(input()))"}] * 3,
}
CODE_PROBLEMS = [
    {"id": "stored", **CODE, "generator": "import sys\nprint(sys.argv[1])"},
    {"id": "unwritten", **CODE},
    {"id": "no_room", **CODE, "statement": "Double it. " * 400},
]


def test_test_cases_and_a_policy_that_writes_no_generator(root: Path) -> None:
    try:
        shared_sandbox()
    except UserError as error:
        pytest.skip(str(error))
    test_cases = {**PARAMS["test_cases"], "sources": [{"path": "code.jsonl", "generators": None}]}
    document = {**OTHERS, "prompts": {**PARAMS, "test_cases": test_cases}}
    (root / "params.yaml").write_text(json.dumps(document))
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, MINE)))
    (root / "code.jsonl").write_text("\n".join(map(json.dumps, CODE_PROBLEMS)))
    assert main(STAGE, ["--root", str(root)]) == 0
    rows = read_rows(root / "artifacts" / "test_cases" / "problems", "code_problem")
    assert [(row["id"], row["kept"], row["reason"], row["generator"]) for row in rows] == [
        ("stored", True, "", "stored"),
        ("unwritten", False, "no-generator", "none"),
        ("no_room", False, "no-generator", "none"),
    ]
    cases = read_rows(root / "artifacts" / "test_cases" / "cases", "test_case")
    assert [(row["problem"], row["input"], row["expected"]) for row in cases] == [
        ("stored", f"{number}\n", f"{2 * number}\n") for number in range(1, 5)
    ]
    metrics = json.loads((root / "metrics" / "prompts.json").read_text())["test_cases"]
    assert [metrics["funnel"][step] for step in STEPS] == [3, 3, 3, 1, 1, 1]
    assert (metrics["asked"], metrics["programs"]) == (2, 0)


def test_without_a_sandbox_the_bundled_problems_are_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k15.sandbox.shared._shared", None)
    monkeypatch.setenv("K15_SANDBOX_URL", "http://127.0.0.1:1")
    document = {**OTHERS, "prompts": {**PARAMS, "test_cases": {**PARAMS["test_cases"], "bundled": True}}}
    (root / "params.yaml").write_text(json.dumps(document))
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, MINE)))
    assert main(STAGE, ["--root", str(root)]) == 0
    assert read_rows(root / "artifacts" / "test_cases" / "problems", "code_problem") == []
    metrics = json.loads((root / "metrics" / "prompts.json").read_text())["test_cases"]
    assert "no sandbox service answers" in metrics["left_out"]
