"""A real engine answers suites of two checkpoints; rows say what was asked, answered and left out."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from k15.artifacts import Producer, read_rows, write_dataset
from k15.evaluation.generation import Examiner
from k15.evaluation.items import Item, Suite
from k15.evaluation.params import Drawing
from k15.evaluation.scoring import Row, score_rows, summarize
from k15.evaluation.suites import blank_twins, family_suites
from k15.model import checkpoint
from k15.model.config import ModelConfig
from k15.model.vlm import build
from k15.tokenizer import Tokenizer
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
    image_size=32,
    patch_size=16,
    vision_hidden_size=32,
    vision_layers=1,
    vision_heads=1,
    vision_ffn_size=32,
    vocab_size=320,
    max_length=64,
)
MAX_MODEL_LEN = 256


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["Start with 123. Do reverse. a=2 b=a+8"] * 20, SHAPE.vocab_size)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> list[Path]:
    """Two of one shape and one with another RoPE base; all trained (if they were) on less than is asked."""
    found = []
    for seed, base in enumerate((10000, 10000, 1000000)):
        directory = tmp_path_factory.mktemp(f"checkpoint{seed}")
        model = build(SHAPE.model_copy(update={"rope_base": base}), seed)
        model.shape.save(directory / "model.json")
        tokenizer.save_pretrained(directory / "tokenizer")
        checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model), model.shape, directory / "tokenizer")
        found.append(directory)
    return found


@pytest.fixture(scope="module")
def suites() -> list[Suite]:
    drawing = Drawing(samples=2, temperature=1.0, max_tokens=8)
    vision = family_suites(True, 2, 1, drawing)[:1]
    needle = Suite("needle.200", (Item("n", "", "7", "string", prompt_ids=(9,) * 200, length=200),), 1, 0.0, 4)
    long = Suite("long", (Item("fits", "x", "1", "math"), Item("not", "1" * 250, "1", "math")), 2, 1.0, 8)
    return [*family_suites(False, 2, 1, drawing), *vision, *blank_twins(vision), needle, long]


@pytest.fixture
def examiner(tokenizer: Tokenizer) -> Iterator[Examiner]:
    with Examiner(tokenizer, MAX_MODEL_LEN, tiny.engine_params(max_num_seqs=16, kv_cache_gib=0.05), seed=3) as found:
        yield found


def without_reward(row: Row) -> Row:
    """NaN equals nothing, not even itself."""
    return {name: value for name, value in row.items() if name != "reward"}


def test_answers(
    examiner: Examiner, checkpoints: list[Path], suites: list[Suite], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    rows = [examiner.ask(str(number), path, suites) for number, path in enumerate(checkpoints)]
    for answers in rows:
        asked = {(suite.name, item.id): suite.samples for suite in suites for item in suite.items}
        got = {key: sum((row["suite"], row["problem_id"]) == key for row in answers) for key in asked}
        assert got == asked
    for row in rows[0]:
        if row["problem_id"] == "not":
            assert (row["verdict"], row["finish_reason"], row["response_ids"]) == ("skipped", "skipped", [])
        else:
            assert row["text"] == tokenizer.decode(row["response_ids"])
            assert 0 < len(row["response_ids"]) == row["tokens"] <= 8
    texts = [[row["text"] for row in answers] for answers in rows]
    assert texts[0] != texts[1] != texts[2]
    assert [row["text"] for row in examiner.ask("again", checkpoints[1], suites)] != texts[0]

    scored = score_rows([row for answers in rows for row in answers])
    write_dataset(tmp_path / "samples", "sample", scored, producer=Producer("evaluate", {}, ()))
    stored = read_rows(tmp_path / "samples", "sample")
    assert [without_reward(row) for row in stored] == [without_reward(row) for row in scored]
    assert all(math.isnan(row["reward"]) == (row["verdict"] == "skipped") for row in stored)
    assert summarize(scored, {})["0"]["long"]["samples"] == 2


def test_a_checkpoint_answers_the_same_whoever_was_asked_before(
    examiner: Examiner, checkpoints: list[Path], suites: list[Suite]
) -> None:
    alone = [without_reward(row) for row in examiner.ask("one", checkpoints[1], suites)]
    examiner.ask("other", checkpoints[0], suites)
    assert [without_reward(row) for row in examiner.ask("one", checkpoints[1], suites)] == alone
