"""Judged answers as training examples, for a judge that reasons and for one with a value head (§2.3.5).

Both read the same prompt. The first learns to write reasoning and a JSON verdict after it; the second's head is read at
its last token, and learns the log-odds of the response being right (binary cross-entropy).
"""

from __future__ import annotations

import re

import torch.nn.functional as F
from torch import Tensor

from k15.judging.answers import Judged
from k15.model.value import ValueModel
from k15.model.vlm import VisionLanguageModel
from k15.rewards.judge import write_verdict
from k15.tokenizer import SPECIAL_TOKENS, Tokenizer
from k15.training.batch import IGNORED, Batch, Example, dialogue

_SPECIAL = re.compile("|".join(re.escape(token) for token in SPECIAL_TOKENS))


def judge_prompt(question: str, reference: str, response: str, tokenizer: Tokenizer) -> list[int]:
    """The response comes last, so that nothing it says can pass for the reference; special tokens written in any of
    the three lose their meaning."""
    text = f"{question}\nReference: {reference}\nResponse: {response}"
    return tokenizer.encode_prompt(_SPECIAL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text))


def _prompt(answer: Judged, tokenizer: Tokenizer) -> list[int]:
    return judge_prompt(answer.question, answer.reference, answer.response, tokenizer)


def reasoning_example(answer: Judged, reasoning: str, tokenizer: Tokenizer) -> Example:
    """The prompt, then `reasoning` and the label as a verdict."""
    target = write_verdict(reasoning, answer.correct)
    return dialogue(_prompt(answer, tokenizer), tokenizer.encode_response(target))


def value_example(answer: Judged, tokenizer: Tokenizer) -> Example:
    """The prompt; the target of its last token is the label, 1 or 0."""
    ids = _prompt(answer, tokenizer)
    return Example(ids, [IGNORED] * (len(ids) - 1) + [int(answer.correct)], len(ids))


def value_loss(model: VisionLanguageModel, batch: Batch) -> Tensor:
    """Summed over the sequences of `value_example`s."""
    assert isinstance(model, ValueModel)
    hidden = model(batch.tokens, batch.images, batch.segments, batch.patches)
    wanted = batch.targets != IGNORED
    labels = batch.targets[wanted].to(hidden.dtype)
    return F.binary_cross_entropy_with_logits(model.values(hidden[wanted]), labels, reduction="sum")
