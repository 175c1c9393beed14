"""Section `engine` of params.yaml: what the machine gives to each engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from k15.params import Params


class EngineParams(Params):
    """Read by every stage that samples, beside its own section."""

    max_num_seqs: int = Field(ge=1)
    """Responses sampled at the same time."""
    kv_cache_gib: float = Field(gt=0)
    """Memory for keys and values; what does not fit waits."""
    deployment: Literal["in_process", "process", "http"]
    """Where the engines of RL run: the first in the trainer's process and further ones in processes of their own;
    each in a process of its own; or each a vLLM server on this machine, asked over HTTP. Other stages use one in
    their process."""
    hang_s: float = Field(gt=0)
    """An engine that has not moved for so many seconds is taken for hung, and replaced. Longer than its longest
    step."""
    restarts: int = Field(ge=0)
    """How often one engine is replaced in an order or a hand-over before the stage gives up."""
    logprobs: Literal["raw", "processed"]
    """Log-probabilities that engines return: the model's own, or after temperature, top-k and top-p."""
