"""What the objective sees of a verdict (§2.3.3): the verifier's reward, the length reward, the penalty of repetition.

    reward = verifier's reward + weight · length reward − penalty if the response ended by repetition

Guarantees: composed from the verdict each time, never added to an earlier result; the length reward compares the
judged responses of one prompt, in tokens over all segments; correct is what the verifier calls correct, whatever its
reward (a graded one gives a wrong response more than 0). A response without a verdict takes no part: it gets no reward
and is neither the shortest nor the longest of its group. Branches (`k15.rl.credit`) are responses like any other here:
the lengths of all of them are compared.

A response that was cut off or repeats itself keeps its verifier's reward, which is 0 unless it had answered before; its
length reward is then min(0, λ) like that of every wrong one. What is composed is what the baseline is taken over: all
parts of the reward enter it ("added to the original reward").
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from k15.params import Params
from k15.rewards import length_rewards
from k15.rl.trajectory import Group
from k15.rollout.types import REPETITION


class RewardParams(Params):
    length_weight: float = Field(ge=0)
    """Weight of the length reward after its warm-up; 0: none."""
    length_warmup: int = Field(ge=0)
    """Iterations without the length reward."""
    repetition_penalty: float = Field(ge=0)
    """Subtracted from a response that ended by repetition, from the first iteration on."""


def compose(groups: Iterable[Group], params: RewardParams, iteration: int) -> None:
    """Set `reward` of every judged response of `groups`, which `iteration` (from 0) trains on."""
    weight = params.length_weight if iteration >= params.length_warmup else 0.0
    for group in groups:
        responses = group.responses
        lengths = length_rewards([r.length for r in responses], [r.correct for r in responses])
        for response, extra in zip(responses, lengths, strict=True):
            penalty = params.repetition_penalty if response.finish_reason == REPETITION else 0.0
            response.reward = response.score + weight * extra - penalty
