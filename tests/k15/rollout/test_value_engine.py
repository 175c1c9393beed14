"""Values of the pooling engine against the model that was exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from k15.errors import UserError
from k15.model import value, vlm
from k15.rollout.value_engine import ValueEngine
from k15.tokenizer import Tokenizer
from tests.k15 import tiny
from tests.k15.rollout.conftest import SHAPE

PARAMS = tiny.engine_params(max_num_seqs=4, kv_cache_gib=0.125)
MAX_MODEL_LEN = 96
GENERATOR = torch.Generator().manual_seed(3)
SEQUENCES = [
    torch.randint(8, SHAPE.vocab_size, (length,), generator=GENERATOR).tolist() for length in (1, 5, 31, 32, 33, 60, 96)
]


@pytest.fixture(scope="module")
def model() -> value.ValueModel:
    built = value.with_head(vlm.build(SHAPE, 5))
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=GENERATOR), alpha=0.1)
    return built


@pytest.fixture(scope="module")
def engine(model: value.ValueModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValueEngine]:
    directory = tmp_path_factory.mktemp("value")
    value.save(directory, model, Tokenizer.train(["12 + 30 = 42"], SHAPE.vocab_size))
    with ValueEngine(directory / "hf", max_model_len=MAX_MODEL_LEN, params=PARAMS) as opened:
        yield opened


def test_values_are_the_models(engine: ValueEngine, model: value.ValueModel) -> None:
    with torch.no_grad():
        own = [model.values(model(torch.tensor([ids]))[:, -1]).item() for ids in SEQUENCES]
    assert len({round(v, 2) for v in own}) == len(own)
    assert engine.values(SEQUENCES) == pytest.approx(own, abs=1e-4)


def test_neither_order_nor_company_matters(engine: ValueEngine) -> None:
    together = engine.values(SEQUENCES)
    assert engine.values(SEQUENCES[::-1]) == pytest.approx(together[::-1], abs=1e-5)
    assert [engine.values([ids])[0] for ids in SEQUENCES] == pytest.approx(together, abs=1e-5)
    assert engine.values([]) == []


def test_the_trainers_random_stream_goes_on(engine: ValueEngine) -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    engine.values(SEQUENCES[:2])
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("length", [0, MAX_MODEL_LEN + 1])
def test_a_sequence_that_does_not_fit_is_refused_before_anything_runs(engine: ValueEngine, length: int) -> None:
    with pytest.raises(UserError, match=f"sequence 1 has {length} tokens; give 1 to {MAX_MODEL_LEN}"):
        engine.values([SEQUENCES[0], [9] * length])
    assert len(engine.values(SEQUENCES[:1])) == 1


def test_a_missing_export(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json is missing"):
        ValueEngine(tmp_path, max_model_len=8, params=PARAMS)
