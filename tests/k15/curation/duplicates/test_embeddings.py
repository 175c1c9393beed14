from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from k15 import torch_extensions
from k15.curation.duplicates.embeddings import Vectors, pairs
from k15.curation.duplicates.params import EmbeddingParams
from k15.curation.duplicates.signatures import digest
from k15.curation.duplicates.signed import SignedTexts
from k15.errors import UserError

VOCABULARY = ["[UNK]", "red", "blue", "green", "sea", "sky"]


def units(path, texts):
    digests = pa.array([digest(text) for text in texts], pa.binary(16))
    pq.write_table(pa.table({"text": pa.array(texts, pa.string()), "digest": digests}), path / "unit.parquet")
    return SignedTexts([path / "unit.parquet"])


def tokenizer():
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


@pytest.fixture
def static_model(tmp_path):
    directory = tmp_path / "static"
    directory.mkdir()
    tokenizer().save(str(directory / "tokenizer.json"))
    save_file({"embeddings": np.eye(6, 8, dtype=np.float32)}, directory / "model.safetensors")
    return directory


@pytest.fixture
def transformer_model(tmp_path):
    torch_extensions.settle()
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    directory = tmp_path / "transformer"
    config = BertConfig(vocab_size=6, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertModel(config).save_pretrained(directory)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer(), unk_token="[UNK]").save_pretrained(directory)
    return directory


def test_a_static_model_is_the_mean_of_its_tokens(static_model, tmp_path):
    params = EmbeddingParams(model=str(static_model), threshold=0.9)
    vectors = Vectors(units(tmp_path, ["red sea", "red red blue", ""]), params, tmp_path)
    assert vectors.of(np.arange(3)) == pytest.approx(
        np.array(
            [
                [0, 0.5**0.5, 0, 0, 0.5**0.5, 0, 0, 0],
                [0, 0.8**0.5, 0.2**0.5, 0, 0, 0, 0, 0],
                [0] * 8,
            ]
        ),
        abs=1e-6,
    )
    assert vectors.cosines(np.array([0]), np.array([1])) == pytest.approx([0.4**0.5])


def test_a_transformers_model_is_read(transformer_model, tmp_path):
    params = EmbeddingParams(model=str(transformer_model), threshold=0.9)
    vectors = Vectors(units(tmp_path, ["red sea", "red sea", "blue sky", " "]), params, tmp_path).of(np.arange(4))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-6)
    assert (vectors[0] == vectors[1]).all()
    assert (vectors[0] != vectors[2]).any()


def test_what_is_no_model_is_refused(tmp_path):
    params = EmbeddingParams(model=str(tmp_path), threshold=0.9)
    with pytest.raises(UserError, match=r"tokenizer\.json is missing"):
        Vectors(units(tmp_path, ["red"]), params, tmp_path)


def test_rare_words_weigh_more_than_common_ones(tmp_path):
    texts = ["the of and quasar", "the of and nebula", "a in to quasar", *["the of and a in to"] * 20]
    vectors = Vectors(units(tmp_path, texts), EmbeddingParams(threshold=0.9), tmp_path)
    first = np.array([0, 0])
    common, rare = vectors.cosines(first, np.array([1, 2]))
    assert rare > common


@pytest.mark.parametrize("bucket", [1000, 50])
def test_pairs_in_cells_are_those_of_comparing_all(tmp_path, bucket):
    rng = np.random.default_rng(4)
    base = [" ".join(f"w{i}" for i in rng.integers(0, 3000, 60)) for _ in range(150)]
    texts = base + [" ".join([*text.split()[3:], "x", "y"]) for text in base]
    params = EmbeddingParams(threshold=0.8, bucket=bucket, tables=20)
    table = units(tmp_path, texts)
    vectors = Vectors(table, params, tmp_path)
    found = {
        tuple(sorted(pair))
        for first, second in pairs(table, vectors, params, tmp_path)
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    }
    rows = vectors.of(np.arange(len(texts)))
    near = np.argwhere(np.triu(rows @ rows.T >= 0.8, 1))
    expected = {tuple(pair) for pair in near.tolist()}
    assert found <= expected
    assert len(expected) >= 150
    assert len(found) >= (1.0 if bucket == 1000 else 0.97) * len(expected)


def test_a_model_is_found_from_the_root_and_known_by_its_files(tmp_path: Path):
    (tmp_path / "models/small").mkdir(parents=True)
    (tmp_path / "models/small/model.safetensors").write_bytes(b"1")
    params = EmbeddingParams(model="models/small", threshold=0.9).at(tmp_path)
    assert params.model == str(tmp_path / "models/small")
    before = params.state()
    (tmp_path / "models/small/model.safetensors").write_bytes(b"12")
    assert len(before) == 1 and params.state() != before
    assert EmbeddingParams(threshold=0.9).at(tmp_path).state() == []
