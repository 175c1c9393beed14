"""A model's judgement of a text: how much likelier it answers yes than no to a question about it (App. B).

Guarantees: a text's score does not depend on which others are judged; a text that is too long for the model is judged
by its beginning. Not guaranteed: a useful score from a model that does not know the question's words; it is worth what
its agreement with people's labels says. Off unless params name a checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

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

# Before anyone else imports `transformers`, which remembers what it found: vLLM comes later.
torch_extensions.settle()


def judge(
    texts: Sequence[str], params: JudgeParams, root: Path, settings: EngineParams, task: Task | None = None
) -> npt.NDArray[np.float32]:
    """The probability of yes against no, for every text."""
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
    prompts = [Prompt([USER, *ids[:room], *question, ASSISTANT]) for ids in tokenizer.encode_batch(list(texts))]
    with Engine(checkpoint / "hf", max_model_len=length, params=settings) as engine:
        found = engine.next_logprobs(prompts, (yes, no), task)
    return np.array([1 / (1 + math.exp(min(second - first, 700))) for first, second in found], np.float32)
