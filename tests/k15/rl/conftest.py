"""The engine that runs of the tests' tiny model sample with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from k15.model import checkpoint
from k15.rollout.engine import Engine
from tests.k15 import tiny
from tests.k15.rl.test_loop import SHAPE, TOKENIZER, model


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("export")
    TOKENIZER.save_pretrained(directory / "tokenizer")
    checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model()), SHAPE, directory / "tokenizer")
    with Engine(directory / "hf", max_model_len=SHAPE.max_length, params=tiny.engine_params()) as found:
        yield found
