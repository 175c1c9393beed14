"""What is compared, and what the paper claims of it (§3.5); the last claim is of our own making.

An arm is a set of overrides of params.yaml (section `ablations`), run once per seed. A claim compares two arms in one
figure, and says which of the two is ahead, or that they are level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from k15.errors import UserError
from k15.params import Params

Measure = Literal["accuracy", "per_token"]


class AblationParams(Params):
    seeds: list[int] = Field(min_length=2)
    """Every arm runs once with each; RL's own seed, the models that it starts from are shared."""
    common: list[str]
    """Overrides of every arm, such as `rl.iterations=24`."""
    arms: dict[str, list[str]]
    """Overrides by arm."""

    @model_validator(mode="after")
    def _complete(self) -> AblationParams:
        if missing := {name for claim in CLAIMS for name in (claim.ahead, claim.behind)} - self.arms.keys():
            raise ValueError(f"arms.{sorted(missing)[0]} is missing; a claim compares it")
        return self


@dataclass(frozen=True)
class Claim:
    text: str
    ahead: str
    behind: str
    level: bool = False
    """They are level: `ahead` is then the arm that costs less."""
    measure: Measure = "accuracy"
    """`accuracy`: held-out accuracy at the end; `per_token`: at the same number of sampled tokens."""


CLAIMS = (
    Claim("negative gradients: eq. 3 learns more than ReST (Fig. 10)", "eq3", "rest"),
    Claim("curriculum and prioritised sampling beat uniform sampling (Fig. 9)", "eq3", "uniform"),
    Claim("a small model with long context equals a larger one (Fig. 8)", "small_long", "large_short", level=True),
    Claim("partial rollouts learn as much per token (§2.6.2)", "partial", "eq3", level=True, measure="per_token"),
    Claim("long2short in rounds with RL keeps the accuracy, in fewer tokens (ours)", "rounds", "eq3", level=True),
)


def overrides(params: AblationParams, arm: str, seed: int) -> list[str]:
    if arm not in params.arms:
        raise UserError(f"unknown arm {arm}; known are {', '.join(params.arms)}")
    return [*params.common, *params.arms[arm], f"rl.seed={seed}"]


def experiment(arm: str, seed: int) -> str:
    """The name of its DVC experiment."""
    return f"ablation-{arm.replace('_', '-')}-{seed}"
