"""Pretraining on a few blocks: what it starts from and what it counts."""

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from k15.artifacts import Producer, publish, write_dataset
from k15.model import checkpoint
from k15.model.config import ModelParams
from k15.stage import main
from stages.pretrain.run import STAGE
from tests.k15 import tiny

OPTIMIZER = {"lr": 0.001, "final_lr_share": 0.2, "warmup_steps": 1, "weight_decay": 0.0, "clip_grad": 1.0}
PRETRAIN = {
    "seed": 1,
    "tensor_parallel": 1,
    "init_from": "given/hf",
    "batch_rows": 2,
    "steps": 3,
    "optimizer": OPTIMIZER,
    "recall": {"steps": 2, "rows": 1, "length": 128, "text_rows": 1, "optimizer": OPTIMIZER},
    "validation_blocks": 1,
    "save_every": 10,
}


def write_params(root: Path, **model: int) -> None:
    shape = {name: getattr(tiny.SHAPE, name) for name in ModelParams.model_fields}
    with (root / "params.yaml").open("w") as file:
        YAML().dump({"model": shape | model, "pretrain": PRETRAIN}, file)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with blocks, a tokenizer, and an export to start from."""
    producer = Producer("curate", {})
    length = tiny.SHAPE.max_length
    blocks = [
        {"stage": "pretrain", "domain": "math", "split": split, "tokens": [8 + i] * length, "lengths": [length]}
        for split in ("train", "validation")
        for i in range(4)
    ]
    write_dataset(tmp_path / "artifacts" / "curate" / "tokens", "tokens", blocks, producer=producer)
    place = tmp_path / "artifacts" / "curate" / "tokenizer"
    publish(place, "tokenizer", "tokenizer", producer, tiny.tokenizer().save_pretrained)
    given = tmp_path / "given"
    given.mkdir()
    checkpoint.save(given, tiny.model(), tiny.tokenizer(), 1)
    write_params(tmp_path)
    return tmp_path


def test_a_relative_start_and_the_steps_of_both_phases(root: Path) -> None:
    assert main(STAGE, ["--root", str(root)]) == 0
    made = root / "artifacts" / "pretrain"
    assert (made / "megatron" / checkpoint.LATEST).read_text() == "5\n"
    tower = "vision.class_token"  # built, not trained
    loaded, _ = checkpoint.load(made)
    assert checkpoint.full_state(loaded)[tower].equal(checkpoint.full_state(tiny.model())[tower])


def test_another_start_is_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(root, rope_base=20_000)
    assert main(STAGE, ["--root", str(root)]) == 2
    expected = "text_config.rope_parameters.rope_theta is 10000.0, the model has 20000.0; compare `model`"
    assert capsys.readouterr().err == f"k15 pretrain: error: {root}/given/hf/config.json: {expected}\n"
    shutil.rmtree(root / "given")
    assert main(STAGE, ["--root", str(root)]) == 2
    assert "given/hf/config.json: not a model configuration" in capsys.readouterr().err
