"""A value head on the decoder, and its export as `transformers` reads it."""

from pathlib import Path

import pytest
import torch

from k15 import torch_extensions

torch_extensions.settle()

from k15.model import value  # noqa: E402
from tests.k15 import tiny  # noqa: E402

SEQUENCES = [[9, 20, 33, 4], [17], list(range(8, 108))]


def headed() -> value.ValueModel:
    """A head that is not zero, over random weights."""
    model = value.with_head(tiny.model())
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        model.score.weight.copy_(torch.randn(model.score.weight.shape, generator=generator))
    return model


@torch.no_grad()
def values(model: value.ValueModel) -> list[float]:
    return [model.values(model(torch.tensor([ids]))[:, -1]).item() for ids in SEQUENCES]


def test_a_fresh_head_is_indifferent_and_leaves_the_model_as_it_is() -> None:
    model = tiny.model()
    fresh = value.with_head(model)
    assert values(fresh) == [0.0] * len(SEQUENCES)
    tokens = torch.tensor([SEQUENCES[0]])
    assert torch.equal(fresh(tokens), model(tokens))


def test_transformers_reads_the_same_values(tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    model = headed()
    value.save(tmp_path, model, tiny.tokenizer())
    loaded, info = AutoModelForSequenceClassification.from_pretrained(tmp_path / "hf", output_loading_info=True)
    assert not any(info.values())
    assert type(loaded).__name__ == "Qwen3ForSequenceClassification"
    with torch.no_grad():
        theirs = [loaded(torch.tensor([ids])).logits[0, 0].item() for ids in SEQUENCES]
    assert theirs == pytest.approx(values(model), abs=1e-4)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        value.save(tmp_path / name, headed(), tiny.tokenizer())
    files = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*") if p.is_file())
    assert Path("hf/model.safetensors") in files and Path("hf/tokenizer.json") in files
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes(), file
