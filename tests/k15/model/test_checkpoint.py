"""One set of weights in three forms: megatron's on one rank, on two ranks, and the Hugging Face export."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from k15 import torch_extensions
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig
from k15.model.hf_files import preprocess_image
from k15.tokenizer import ASSISTANT, IMAGE, USER
from k15.training.batch import document, pack
from k15.training.trainer import Trainer, cross_entropy
from tests.k15 import tiny
from tests.k15.model.tensor_parallel import OPTIMIZER

torch_extensions.settle()

ROOT = Path(__file__).resolve().parents[3]
PATCHES = [IMAGE] * tiny.SHAPE.image_tokens
WITH_PICTURE = [USER, *PATCHES, 40, 41, 42, ASSISTANT, 50, 51]
BATCH = pack(
    [document(WITH_PICTURE, (tiny.picture(1),)), document(list(range(60, 80))), document([8, 9, 10, 11, 12])],
    24,
    tiny.SHAPE.image_size,
)


@pytest.fixture(scope="module")
def model() -> vlm.VisionLanguageModel:
    return tiny.model()


@pytest.fixture(scope="module")
def saved(model: vlm.VisionLanguageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("checkpoint")
    checkpoint.save(directory, model, tiny.tokenizer(), 3)
    return directory


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved, tmp_path / "checkpoint")


@pytest.fixture(scope="module")
def llava(saved: Path) -> Any:
    from transformers import LlavaForConditionalGeneration

    return LlavaForConditionalGeneration.from_pretrained(saved / "hf", dtype=torch.float32).eval()


@torch.no_grad()
def logits(model: vlm.VisionLanguageModel, tokens: torch.Tensor, *inputs: torch.Tensor | None) -> torch.Tensor:
    return model(tokens, *inputs) @ model.output_weight().T


def files(directory: Path) -> dict[str, bytes]:
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def assert_same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    assert not [name for name in left if not torch.equal(left[name], right[name])]


@torch.no_grad()
def test_transformers_gives_the_same_logits(model: vlm.VisionLanguageModel, llava: Any) -> None:
    tokens = torch.arange(24).reshape(2, 12) % 250 + 8
    expected = llava(input_ids=tokens).logits
    assert expected.std() > 0.1
    torch.testing.assert_close(logits(model, tokens), expected, atol=1e-4, rtol=0)


@torch.no_grad()
def test_transformers_gives_the_same_logits_with_pictures(model: vlm.VisionLanguageModel, llava: Any) -> None:
    two = [USER, *PATCHES, 40, *PATCHES, 41, ASSISTANT]
    tokens = torch.tensor([two, [*WITH_PICTURE, *range(30, 30 + len(two) - len(WITH_PICTURE))]])
    images = torch.stack([preprocess_image(tiny.picture(i), tiny.SHAPE.image_size) for i in range(3)])
    expected = llava(input_ids=tokens, pixel_values=images).logits
    torch.testing.assert_close(logits(model, tokens, images), expected, atol=1e-4, rtol=0)
    assert (logits(model, tokens, images.flip(0)) - expected).abs().max() > 1e-2  # the pictures matter


def test_round_trip_through_the_export(model: vlm.VisionLanguageModel, saved: Path, tmp_path: Path) -> None:
    other = tiny.model(seed=2)
    checkpoint.load_hf(other, saved / "hf")
    assert_same(checkpoint.full_state(other), checkpoint.full_state(model))
    checkpoint.export_hf(tmp_path / "hf", checkpoint.hf_state(other), other.shape, saved / "tokenizer")
    assert files(tmp_path / "hf") == files(saved / "hf")


def test_export_of_transformers_is_read(model: vlm.VisionLanguageModel, llava: Any, tmp_path: Path) -> None:
    llava.save_pretrained(tmp_path)
    other = tiny.model(seed=2)
    checkpoint.load_hf(other, tmp_path)
    assert_same(checkpoint.full_state(other), checkpoint.full_state(model))


def test_load_gives_what_was_saved(model: vlm.VisionLanguageModel, saved: Path) -> None:
    loaded, tokenizer = checkpoint.load(saved)
    assert loaded.shape == model.shape
    assert_same(checkpoint.full_state(loaded), checkpoint.full_state(model))
    assert tokenizer.vocab_size == tiny.SHAPE.vocab_size
    assert (saved / "megatron" / "latest_checkpointed_iteration.txt").read_text() == "3\n"


def test_load_changes_the_configuration(model: vlm.VisionLanguageModel, saved: Path) -> None:
    longer, _ = checkpoint.load(saved, rope_base=100_000, max_length=256)
    assert (longer.shape.rope_base, longer.shape.max_length) == (100_000, 256)
    assert_same(checkpoint.full_state(longer), checkpoint.full_state(model))
    tokens = torch.arange(12)[None] + 8
    assert not torch.allclose(logits(longer, tokens), logits(model, tokens), atol=1e-3)


def test_same_weights_same_bytes(model: vlm.VisionLanguageModel, saved: Path, tmp_path: Path) -> None:
    checkpoint.save(tmp_path, model, tiny.tokenizer(), 3)
    assert files(tmp_path) == files(saved)


def test_same_seed_same_weights() -> None:
    first, again, other = (checkpoint.full_state(vlm.build(tiny.SHAPE, seed)) for seed in (4, 4, 5))
    assert_same(first, again)
    assert not torch.equal(
        first["language.embedding.word_embeddings.weight"], other["language.embedding.word_embeddings.weight"]
    )


def test_packed_documents_do_not_see_each_other(model: vlm.VisionLanguageModel) -> None:
    documents = [WITH_PICTURE, list(range(60, 80)), [8, 9, 10, 11, 12]]
    images = [(tiny.picture(1),), (), ()]
    assert BATCH.segments is not None and len(BATCH.tokens) == 2
    packed = logits(model, BATCH.tokens, BATCH.images, BATCH.segments)
    found = 0
    for ids, pictures in zip(documents, images, strict=True):
        pixels = preprocess_image(pictures[0], tiny.SHAPE.image_size)[None] if pictures else None
        alone = logits(model, torch.tensor([ids]), pixels)[0]
        for row in range(len(BATCH.tokens)):
            for segment in range(int(BATCH.segments[row].max()) + 1):
                place = BATCH.segments[row] == segment
                if BATCH.tokens[row, place].tolist() == ids:
                    found += 1
                    torch.testing.assert_close(packed[row, place], alone, atol=1e-5, rtol=1e-4)
    assert found == len(documents)


@pytest.mark.parametrize("content", ["", "[]", '{"layers": 2}', "not json"])
def test_damaged_configuration(copied: Path, content: str) -> None:
    (copied / "model.json").write_text(content)
    with pytest.raises(UserError, match=r"model\.json: not a model configuration") as caught:
        checkpoint.load(copied)
    assert "\n" not in str(caught.value)


def test_configuration_is_a_file_of_sorted_json(saved: Path) -> None:
    assert ModelConfig.load(saved / "model.json") == tiny.SHAPE
    lines = (saved / "model.json").read_text().splitlines()[1:-1]
    assert lines == sorted(lines)


@pytest.mark.parametrize("damage", ["latest_checkpointed_iteration.txt", "iter_0000003", "iter_0000003/.metadata"])
def test_missing_megatron_files(copied: Path, damage: str) -> None:
    path = copied / "megatron" / damage
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError, match="no megatron checkpoint there; rerun the stage"):
        checkpoint.load(copied)


def test_export_is_missing_or_damaged(model: vlm.VisionLanguageModel, copied: Path) -> None:
    for content in (None, b"", b"not safetensors"):
        file = copied / "hf" / "model.safetensors"
        file.unlink() if content is None else file.write_bytes(content)
        with pytest.raises(UserError, match="not a safetensors file"):
            checkpoint.load_hf(model, copied / "hf")


@pytest.mark.parametrize(
    "name", ["model.language_model.norm.weight", "model.language_model.layers.0.self_attn.k_proj.weight"]
)
@pytest.mark.parametrize("change", ["missing", "shorter"])
def test_export_of_another_shape(copied: Path, name: str, change: str) -> None:
    tensors = load_file(copied / "hf" / "model.safetensors")
    tensor = tensors.pop(name)
    if change == "shorter":
        tensors[name] = tensor[:-1].clone()
    save_file(tensors, copied / "hf" / "model.safetensors")
    with pytest.raises(UserError, match="has no tensor" if change == "missing" else "shape"):
        checkpoint.load_hf(tiny.model(seed=2), copied / "hf")


@pytest.mark.parametrize("name", ["lm_head.weight", "model.language_model.layers.0.self_attn.q_proj.bias"])
def test_export_with_tensors_that_the_model_lacks(copied: Path, name: str) -> None:
    file = copied / "hf" / "model.safetensors"
    save_file(load_file(file) | {name: torch.zeros(4)}, file)
    with pytest.raises(UserError, match=f"has the tensor {name}, which this model lacks; give"):
        checkpoint.load_hf(tiny.model(seed=2), copied / "hf")


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("text_config", "num_attention_heads", 2, "text_config.num_attention_heads is 2, the model has 4"),
        ("text_config", "num_key_value_heads", None, "text_config.num_key_value_heads is missing, the model has 2"),
        (
            "text_config",
            "rope_parameters",
            {"rope_type": "default", "rope_theta": 5e5},
            "text_config.rope_parameters.rope_theta is 500000.0, the model has 10000.0",
        ),
        ("text_config", "rms_norm_eps", 1e-5, "text_config.rms_norm_eps is 1e-05, the model has 1e-06"),
        ("text_config", "use_sliding_window", True, "text_config.use_sliding_window is true, the model has false"),
        ("vision_config", "hidden_act", "quick_gelu", 'vision_config.hidden_act is "quick_gelu", the model has "gelu"'),
    ],
)
def test_export_of_another_architecture(copied: Path, section: str, key: str, value: Any, message: str) -> None:
    file = copied / "hf" / "config.json"
    content = json.loads(file.read_text())
    content[section][key] = value
    file.write_text(json.dumps(content))
    with pytest.raises(UserError) as caught:
        checkpoint.load_hf(tiny.model(seed=2), copied / "hf")
    assert str(caught.value) == f"{file}: {message}; compare `model`"


@pytest.mark.parametrize("content", [None, "[]", "{", "\xff"])
def test_export_without_a_configuration(copied: Path, content: str | None) -> None:
    file = copied / "hf" / "config.json"
    file.unlink() if content is None else file.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=r"config\.json: not a model configuration"):
        checkpoint.load_hf(tiny.model(seed=2), copied / "hf")


def test_more_ranks_than_there_are() -> None:
    with pytest.raises(UserError, match=r"tensor_parallel 2 does not divide the number of ranks, 1; .* set it to 1"):
        vlm.build(tiny.SHAPE, seed=1, tensor_parallel=2)


@pytest.fixture(scope="module")
def two_ranks(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `tensor_parallel.py` leaves behind."""
    directory = tmp_path_factory.mktemp("ranks")
    torch.save(BATCH, directory / "batch.pt")
    script = Path(__file__).with_name("tensor_parallel.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(saved), str(directory / "batch.pt"), str(directory / "out")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return directory / "out"


@pytest.fixture(scope="module")
def results(two_ranks: Path) -> list[dict[str, Any]]:
    return [torch.load(two_ranks / f"rank{rank}.pt") for rank in range(2)]


def test_two_ranks_give_the_same_loss(model: vlm.VisionLanguageModel, results: list[dict[str, Any]]) -> None:
    expected = cross_entropy(model, BATCH).item() / BATCH.weight
    for result in results:
        assert result["loss"] == pytest.approx(expected, rel=1e-6)
        assert_same(result["loaded"], checkpoint.full_state(model))
    embedding = results[0]["shards"]["language.embedding.word_embeddings.weight"]
    assert embedding == [tiny.SHAPE.vocab_size // 2, tiny.SHAPE.hidden_size]


def test_two_ranks_start_from_the_same_weights(results: list[dict[str, Any]]) -> None:
    assert_same(results[0]["fresh"], checkpoint.full_state(vlm.build(tiny.SHAPE, seed=5)))


def test_two_ranks_train_alike(saved: Path, results: list[dict[str, Any]]) -> None:
    assert_same(results[0]["trained"], results[1]["trained"])
    alone, _ = checkpoint.load(saved)
    figures = Trainer(alone, OPTIMIZER).step([BATCH], OPTIMIZER.lr)
    assert results[0]["grad_norm"] == pytest.approx(figures["grad_norm"], rel=1e-4)
    for name, tensor in checkpoint.full_state(alone).items():
        torch.testing.assert_close(results[0]["trained"][name], tensor, atol=1e-5, rtol=0, msg=name)


def test_checkpoint_of_two_ranks_loads_on_one(two_ranks: Path, results: list[dict[str, Any]]) -> None:
    loaded = tiny.model(seed=2)
    checkpoint.load_megatron(two_ranks / "megatron", loaded)
    assert_same(checkpoint.full_state(loaded), results[0]["trained"])


def test_heads_that_cannot_be_shared() -> None:
    with pytest.raises(UserError, match="tensor_parallel 3 does not divide the model's hidden_size, 32; lower it"):
        vlm.build(tiny.SHAPE, seed=1, tensor_parallel=3)
