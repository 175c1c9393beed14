"""Section `engine` of params.yaml: what the machine gives to each engine."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params


class EngineParams(Params):
    """Read by every stage that samples, beside its own section."""

    max_num_seqs: int = Field(ge=1)
    """Responses sampled at the same time."""
    kv_cache_gib: float = Field(gt=0)
    """Memory for keys and values; what does not fit waits."""
