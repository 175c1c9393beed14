"""What a machine gives to the rollout engine."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params


class EngineParams(Params):
    """Part of the section of every stage that samples."""

    max_num_seqs: int = Field(ge=1)
    """Responses sampled at the same time."""
    kv_cache_gib: float = Field(gt=0)
    """Memory for keys and values; what does not fit waits."""
