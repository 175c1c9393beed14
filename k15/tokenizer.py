"""The byte-level BPE tokenizer and the chat format that every stage shares.

Guarantees: any text round-trips (byte-level); digits are single tokens, so that numbers are spelt the same
everywhere; the special tokens have fixed ids, so that a checkpoint's tokenizer can be checked against another's.
Does not guarantee: that `encode(decode(ids)) == ids`. Nobody should need it: token ids are never re-encoded
between rollout, reward and training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer as BPETokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers

from k15.errors import UserError

PAD, END_OF_TEXT, USER, ASSISTANT, END, IMAGE, THINK, END_THINK = range(8)
SPECIAL_TOKENS = (
    "<|pad|>",
    "<|endoftext|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<image>",
    "<think>",
    "</think>",
)
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|user|>' if message['role'] == 'user' else '<|assistant|>' }}{{ message['content'] }}"
    "{{ '<|end|>' if message['role'] == 'assistant' else '' }}"
    "{% endfor %}{{ '<|assistant|>' if add_generation_prompt else '' }}"
)


class Tokenizer:
    """Encodes documents, prompts and responses. `bpe` is the underlying `tokenizers` object."""

    def __init__(self, bpe: BPETokenizer) -> None:
        self.bpe = bpe

    @property
    def vocab_size(self) -> int:
        return int(self.bpe.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; special tokens written in it become their ids."""
        return list(self.bpe.encode(text).ids)

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        """`encode` of many texts, in parallel, and half as fast again: nobody asks where in a text its tokens are."""
        return [e.ids for e in self.bpe.encode_batch_fast(texts)]

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """Text of `ids`. `<think>` marks are kept: they belong to the response."""
        if not skip_special:
            return str(self.bpe.decode(list(ids), skip_special_tokens=False))
        silent = {PAD, END_OF_TEXT, USER, ASSISTANT, END, IMAGE}
        return str(self.bpe.decode([i for i in ids if i not in silent], skip_special_tokens=False))

    def encode_prompt(self, question: str, images: int = 0) -> list[int]:
        """`<|user|>`, one `<image>` per image, the question, `<|assistant|>`."""
        return [USER] + [IMAGE] * images + self.encode(question) + [ASSISTANT]

    def encode_response(self, text: str) -> list[int]:
        """The response's ids, ended by `<|end|>`."""
        return [*self.encode(text), END]

    def save_pretrained(self, directory: Path) -> None:
        """Write the Hugging Face files that `transformers` and vLLM read."""
        from transformers import PreTrainedTokenizerFast

        fast = PreTrainedTokenizerFast(
            tokenizer_object=self.bpe,
            pad_token=SPECIAL_TOKENS[PAD],
            bos_token=SPECIAL_TOKENS[END_OF_TEXT],
            eos_token=SPECIAL_TOKENS[END],
            extra_special_tokens=["<|user|>", "<|assistant|>", "<image>", "<think>", "</think>"],
        )
        fast.chat_template = CHAT_TEMPLATE
        fast.save_pretrained(directory)

    @classmethod
    def load(cls, directory: Path) -> Tokenizer:
        """Read `tokenizer.json`; a tokenizer without our special tokens is refused."""
        path = Path(directory) / "tokenizer.json"
        if not path.is_file():
            raise UserError(f"{path}: no tokenizer there; run `dvc repro curate`")
        try:
            bpe = BPETokenizer.from_file(str(path))
        except Exception as error:  # the library raises a bare Exception for any malformed file
            raise UserError(f"{path}: not a tokenizer file ({error}); run `dvc repro curate`") from None
        for index, token in enumerate(SPECIAL_TOKENS):
            if bpe.token_to_id(token) != index:
                raise UserError(f"{path}: {token} must have id {index}; use a tokenizer made by `curate`")
        return cls(bpe)

    @classmethod
    def adopt(cls, directory: Path) -> Tokenizer:
        """An existing Hugging Face tokenizer of any model: its tokens come after our special ones, with ids that are
        larger by their number, so weights trained with it need their rows moved. One of ours is taken as it is."""
        path = Path(directory) / "tokenizer.json"
        if not path.is_file():
            raise UserError(f"{path}: no tokenizer there; correct curate.tokenizer.reuse")
        try:
            document = json.loads(path.read_text("utf-8"))
            vocabulary = document["model"]["vocab"]
            if not isinstance(vocabulary, dict):
                raise KeyError("vocab")
            if [vocabulary.get(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS))):
                return cls(BPETokenizer.from_str(json.dumps(document)))
            added = [token for token in document["added_tokens"] if token["content"] not in SPECIAL_TOKENS]
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{path}: not a tokenizer with a vocabulary by name (BPE, WordPiece); take another"
            ) from None
        moved = len(SPECIAL_TOKENS)
        plain = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
        own = [{"id": index, "content": token, **plain} for index, token in enumerate(SPECIAL_TOKENS)]
        document["model"]["vocab"] = {
            **{token: index for index, token in enumerate(SPECIAL_TOKENS)},
            **{token: index + moved for token, index in vocabulary.items() if token not in SPECIAL_TOKENS},
        }
        document["added_tokens"] = [*own, *({**token, "id": token["id"] + moved} for token in added)]
        document["post_processor"] = None  # it would put marks of its own around texts
        return cls(BPETokenizer.from_str(json.dumps(document)))

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int) -> Tokenizer:
        """Train a byte-level BPE of `vocab_size` entries, the 8 special tokens and 256 bytes included."""
        if vocab_size < 256 + len(SPECIAL_TOKENS):
            raise UserError(
                f"vocab_size must be at least {256 + len(SPECIAL_TOKENS)} (256 bytes and the special tokens), "
                f"got {vocab_size}"
            )
        bpe = BPETokenizer(models.BPE())
        bpe.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        bpe.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        bpe.train_from_iterator(texts, trainer)
        return cls(bpe)
