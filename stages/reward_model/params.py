"""Section `reward_model` of params.yaml."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams


class Source(Params):
    """A JSONL or Parquet file (or a directory of such) of the user's own judged answers: `question`, `reference`,
    `response`, `label`. `name` takes the place of a form."""

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)


class SourcesParams(Params):
    """What the user's judged answers add. Nobody has written reasoning for them: the chain-of-thought model learns
    from its own, where it ends in the label."""

    files: list[Source]
    samples: int = Field(ge=1)
    """Judgements sampled for each answer, of which the shortest right one is learnt."""
    temperature: float = Field(gt=0)
    steps: int = Field(ge=1)
    """Further steps of both models, on all answers; none without files."""


class RewardModelParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    pairs: int = Field(ge=1)
    """Pairs of generated answers of every form to train on; each gives four judged answers."""
    heldout_pairs: int = Field(ge=1)
    sources: SourcesParams
    steps: int = Field(ge=1)
    """Of both models, on batches of as many tokens."""
    batch_rows: int = Field(ge=1)
    length: int = Field(ge=64)
    """Tokens of a packed row, and at most of a prompt with its judgement."""
    classic: OptimizerParams
    cot: OptimizerParams
    judgements: int = Field(ge=1)
    """Judgements of each response, of which the majority counts."""
    temperature: float = Field(ge=0)
    """Of these judgements; 0 is greedy."""
    max_tokens: int = Field(ge=1)
    save_every: int = Field(ge=1)
