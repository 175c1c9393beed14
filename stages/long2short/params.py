"""Section `long2short` of params.yaml: one sub-section a method."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params
from k15.rl.params import RLParams
from k15.training.trainer import OptimizerParams


class MergeParams(Params):
    long_share: float = Field(gt=0, lt=1)
    """Weight of the long-CoT model in the average (0.5)."""


class SampledParams(Params):
    """What methods share that learn from the policy's own samples."""

    seed: int
    tensor_parallel: int = Field(ge=1)
    samples: int = Field(ge=2)
    """Responses a prompt (8)."""
    temperature: float = Field(gt=0)
    max_tokens: int = Field(ge=1)
    prompts: int = Field(ge=1)
    """At most this many of the curated prompts, drawn at random."""
    steps: int = Field(ge=1)
    optimizer: OptimizerParams
    save_every: int = Field(ge=1)


class RejectionParams(SampledParams):
    batch_rows: int = Field(ge=1)
    length: int = Field(ge=64)
    """Tokens of a packed row."""


class DPOParams(SampledParams):
    beta: float = Field(gt=0)
    longer: float = Field(gt=1)
    """A correct response this many times as long as the shortest counts as rejected (1.5)."""
    pairs_per_step: int = Field(ge=1)


class Long2ShortParams(Params):
    merge: MergeParams
    rejection: RejectionParams
    dpo: DPOParams
    rl: RLParams
