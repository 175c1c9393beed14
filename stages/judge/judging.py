"""A model's judgement of a text: how much likelier it answers yes than no to a question about it (App. B).

Guarantees: a text's score does not depend on which others are judged; a text that is too long for the model is judged
by its beginning. Not guaranteed: a useful score from a model that does not know the question's words; it is worth what
its agreement with people's labels says. Off unless params name a checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from k15 import torch_extensions
from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.progress import Task
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt
from k15.tokenizer import ASSISTANT, USER, Tokenizer
from stages.judge.params import JudgeParams

if TYPE_CHECKING:
    from k15.rollout.engine import Engine

# Before anyone else imports `transformers`, which remembers what it found: vLLM comes later.
torch_extensions.settle()


@dataclass(frozen=True)
class Judge:
    """A checkpoint in its engine, and the question."""

    engine: Engine
    tokenizer: Tokenizer
    question: list[int]
    answers: tuple[int, int]
    """First tokens of yes and no."""
    room: int
    """Tokens of a text that fit beside the question."""

    @property
    def characters(self) -> int:
        """As many of a text as its first `room` tokens can have, however long each of them is."""
        return self.room * max(map(len, self.tokenizer.bpe.get_vocab()))

    def scores(self, texts: Sequence[str], task: Task | None = None) -> npt.NDArray[np.float32]:
        """The probability of yes against no, for every text."""
        found = self.tokenizer.encode_batch(list(texts))
        prompts = [Prompt([USER, *ids[: self.room], *self.question, ASSISTANT]) for ids in found]
        odds = self.engine.next_logprobs(prompts, self.answers, task)
        return np.array([1 / (1 + math.exp(min(no - yes, 700))) for yes, no in odds], np.float32)


@contextmanager
def judging(params: JudgeParams, root: Path, settings: EngineParams) -> Iterator[Judge]:
    from k15.rollout.engine import Engine  # vLLM takes seconds, and nothing else of curation needs it

    checkpoint = root / params.checkpoint
    tokenizer = Tokenizer.load(checkpoint / "tokenizer")
    length = min(params.max_model_len, ModelConfig.load(checkpoint / "model.json").max_length)
    yes, no = (tokenizer.encode(answer)[0] for answer in (params.yes, params.no))
    if yes == no:
        raise UserError(f"judge: {params.yes!r} and {params.no!r} begin with the same token; give answers that differ")
    question = tokenizer.encode(f"\n\n{params.question}")
    room = length - len(question) - 3  # around it the two roles, after it the answer
    if room < 1:
        raise UserError(f"judge: the question fills all of {length} tokens; shorten it or raise max_model_len")
    with Engine(checkpoint / "hf", max_model_len=length, params=settings) as engine:
        yield Judge(engine, tokenizer, question, (yes, no), room)
