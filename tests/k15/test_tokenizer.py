"""Ids and chat format are the same for every reader of a tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer as BPETokenizer
from tokenizers import models, pre_tokenizers

from k15.errors import UserError
from k15.tokenizer import ASSISTANT, END, IMAGE, SPECIAL_TOKENS, USER, Tokenizer

CORPUS = ["the sum of 12 and 30 is 42, the rest is 0", "数字之和是四十二。", "def f(x):\n\treturn x + 1\n"]
TEXTS = [
    "",
    " ",
    "  the sum\n\n\tof 12345 and 67890 ",
    "床前明月光，疑是地上霜。",
    "🙂 👩‍👩‍👧 🇨🇳",
    "".join(map(chr, range(32))) + "\x7f\x80\x9f\u200b\ufeff",
    "é e\u0301 ﬁ Ⅻ ½ ٣",
    "<think>a<b</think>\\boxed{-7}",
    "\U0010ffff\U00010000",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(CORPUS, 300)


@pytest.fixture(scope="module")
def directory(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def exported(directory: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(directory)


@pytest.mark.parametrize("text", TEXTS)
def test_round_trip(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer.encode(text), skip_special=False) == text


def test_batch_is_encode(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode_batch(TEXTS) == [tokenizer.encode(text) for text in TEXTS]


def test_digits_are_single(tokenizer: Tokenizer) -> None:
    digits = [tokenizer.encode(str(d)) for d in range(10)]
    assert all(len(ids) == 1 for ids in digits)
    assert tokenizer.encode("4213") == [i for d in "4213" for i in digits[int(d)]]
    spelt = [tokenizer.decode([i]) for i in tokenizer.encode("the sum of 12 and 30 is 42")]
    assert [token for token in spelt if any(map(str.isdigit, token))] == ["1", "2", "3", "0", "4", "2"]


def test_special_ids(tokenizer: Tokenizer) -> None:
    expected = ("<|pad|>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>", "<image>", "<think>", "</think>")
    assert expected == SPECIAL_TOKENS
    assert [tokenizer.encode(token) for token in expected] == [[i] for i in range(8)]


def test_decode_keeps_thinking_only(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("<|user|><image>the<|assistant|><think>sum</think><|end|><|endoftext|><|pad|>")
    assert tokenizer.decode(ids) == "the<think>sum</think>"
    assert tokenizer.decode(ids, skip_special=False).startswith("<|user|><image>the")


def test_prompt(tokenizer: Tokenizer) -> None:
    question = tokenizer.encode("the sum?")
    assert tokenizer.encode_prompt("the sum?") == [USER, *question, ASSISTANT]
    assert tokenizer.encode_prompt("the sum?", images=2) == [USER, IMAGE, IMAGE, *question, ASSISTANT]
    assert tokenizer.encode_response("42") == [*tokenizer.encode("42"), END]


@pytest.mark.parametrize("text", TEXTS)
def test_prompt_is_a_prefix_of_the_dialogue(tokenizer: Tokenizer, text: str) -> None:
    prompt, response = tokenizer.encode_prompt(text, 1), tokenizer.encode_response(f" {text}1")
    whole = tokenizer.encode(f"<|user|><image>{text}<|assistant|> {text}1<|end|>")
    assert whole == prompt + response


def test_training_is_deterministic(tokenizer: Tokenizer) -> None:
    assert Tokenizer.train(CORPUS, 300).bpe.to_str() == tokenizer.bpe.to_str()
    assert tokenizer.vocab_size == 300


def test_vocabulary_too_small() -> None:
    with pytest.raises(UserError, match="vocab_size must be at least 264"):
        Tokenizer.train(CORPUS, 263)
    assert Tokenizer.train(CORPUS, 264).vocab_size == 264


def test_load(tokenizer: Tokenizer, directory: Path) -> None:
    loaded = Tokenizer.load(directory)
    assert loaded.vocab_size == tokenizer.vocab_size
    assert loaded.encode_batch(TEXTS) == tokenizer.encode_batch(TEXTS)
    assert [loaded.decode(loaded.encode(text)) for text in TEXTS] == TEXTS


@pytest.mark.parametrize("content", [None, "", "{}", "not json", BPETokenizer(models.BPE()).to_str()])
def test_foreign_tokenizer(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(UserError, match=r"tokenizer.*;") as caught:
        Tokenizer.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_ours_is_adopted_as_it_is_and_another_moves_behind_our_special_tokens(
    tokenizer: Tokenizer, directory: Path, tmp_path: Path
) -> None:
    assert [Tokenizer.adopt(directory).encode(text) for text in TEXTS] == [tokenizer.encode(text) for text in TEXTS]
    other = BPETokenizer(models.WordLevel({"the": 0, "sum": 1, "[UNK]": 2}, unk_token="[UNK]"))
    other.pre_tokenizer = pre_tokenizers.Whitespace()
    other.save(str(tmp_path / "tokenizer.json"))
    assert Tokenizer.adopt(tmp_path).encode("the sum the") == [8, 9, 8]


@pytest.mark.parametrize("text", [*TEXTS, "<|user|><image>the sum?<|assistant|>42<|end|>"])
def test_transformers_gives_the_same_ids(tokenizer: Tokenizer, exported: Any, text: str) -> None:
    assert exported(text)["input_ids"] == tokenizer.encode(text)
    assert exported.decode(tokenizer.encode(text), clean_up_tokenization_spaces=False) == text


def test_transformers_specials(exported: Any) -> None:
    assert (exported.pad_token_id, exported.eos_token_id) == (0, END)
    assert exported.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(range(8))


def test_chat_template(tokenizer: Tokenizer, exported: Any) -> None:
    messages = [{"role": "user", "content": "the sum of 12 and 30?"}]
    prompt = exported.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert prompt == tokenizer.encode_prompt("the sum of 12 and 30?")
    answered = [*messages, {"role": "assistant", "content": "\\boxed{42}"}]
    whole = exported.apply_chat_template(answered, return_dict=False)
    assert whole == prompt + tokenizer.encode_response("\\boxed{42}")
