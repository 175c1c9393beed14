"""Section `rl` of params.yaml."""

from __future__ import annotations

from k15.rl.params import RLParams


class RLStageParams(RLParams):
    code_problems: bool
    """Train on the code problems of `artifacts/test_cases` too; for models that can write programs."""
