"""How worked steps become a short-CoT and a long-CoT response (§2.2).

The long form shows what the warm-up is to teach: a plan, exploration of another way, steps evaluated and talked about,
reflection (a slip that is noticed and mended, a look back at the end). How much of it a trace shows is drawn per trace,
so there is room to learn when checking pays and to be shortened later. Most traces show most of it: RL drifts towards
what is frequent, and of a habit in half of the traces it would leave either all or nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

EXPLORATIONS = (
    "One could start from the other end, but this way is simpler.",
    "One could try to see it all at once, but part by part is safer.",
    "Let me look at what is given first and then take one part after the other.",
)
REMARKS = (
    "Good so far, now the next.",
    "That was one more part.",
    "On in the same way.",
)
REFLECTIONS = (
    "Did I use all that is given? Yes, nothing is left over.",
    "Is there anything that I missed? No, every part is done.",
    "Let me think again: each part follows from the one before, so it holds.",
)


@dataclass(frozen=True)
class Step:
    """One step of a solution: what is done (`action`), its right `result`, how the result is verified
    (`check`), and a `slip`: a wrong result that a careless solver could write."""

    action: str
    result: str
    check: str
    slip: str


def short_trace(steps: list[Step], answer: str) -> str:
    """The steps alone, then the boxed answer."""
    return " ".join(f"{s.action} {s.result}." for s in steps) + f" \\boxed{{{answer}}}"


def long_trace(rng: random.Random, plan: str, steps: list[Step], answer: str) -> str:
    """Plan, exploration, steps with slips, checks and remarks, reflection, recap; then the boxed answer. A single step
    leaves nothing to explore or to look back on."""
    several = len(steps) > 1
    care = rng.choice((0.0, 0.0, 0.4, 0.8))  # how often this solver checks
    talk = rng.choice((0.3, 0.7, 1.0, 1.0)) if several else 0.0  # how often it remarks on a step
    parts = [f"Plan: {plan}."] if rng.random() < 0.85 else []
    if several and rng.random() < 0.85:
        parts.append(rng.choice(EXPLORATIONS))
    for step in steps:
        parts += _worked(rng, step, care, talk)
    if several and rng.random() < 0.85:
        parts.append(rng.choice(REFLECTIONS))
    if rng.random() < 0.6:
        parts.append(f"Again: {plan} gives {answer}, same.")
    if rng.random() < 0.6:
        parts.append(f"So it is {answer}.")
    return f"<think>{' '.join(parts)}</think>\\boxed{{{answer}}}"


def _worked(rng: random.Random, step: Step, care: float, talk: float) -> list[str]:
    parts = [f"{step.action} {step.slip}. Wait, no."] if rng.random() < 0.04 else []
    parts.append(f"{step.action} {step.result}.")
    if rng.random() < care:
        parts.append(f"Check: {step.check}, ok.")
    if rng.random() < talk:
        parts.append(rng.choice(REMARKS))
    return parts
