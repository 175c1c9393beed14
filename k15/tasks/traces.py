"""How worked steps become a short-CoT and a long-CoT response (§2.2).

The long form shows what the warm-up is to teach: a plan, exploration of another way, steps evaluated and talked about,
reflection (a slip that is noticed and mended, a look back at the end). Habits are drawn once a trace, not step by step
(slips, which are no habit, are): a dozen coin tosses in every response, none of which matters, would drown the one
mistake that RL is to find. Most habits are in most traces, since RL drifts towards what is frequent; checking every
step, which makes a trace a quarter to a third longer, is the rare one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

PHRASES = (
    (
        "One could start from the other end, but this way is simpler.",
        "Did I use all that is given? Yes, nothing is left over.",
    ),
    (
        "One could try to see it all at once, but part by part is safer.",
        "Let me think again: each part follows from the one before, so it holds.",
    ),
    (
        "Let me look at what is given first and then take one part after the other.",
        "Is there anything that I missed? No, every part is done.",
    ),
)
"""How a solver explores before the first step, and how the same one looks back after the last."""
AFTER_FIRST, AFTER_OTHERS, AFTER_LAST = "Good so far, now the next.", "On in the same way.", "That was the last part."


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
    exploration, reflection = rng.choice(PHRASES)
    checks, talks = rng.random() < 0.3, several and rng.random() < 0.9
    parts = []
    if rng.random() < 0.85:
        parts.append(f"Plan: {plan}.")
    if several and rng.random() < 0.85:
        parts.append(exploration)
    for number, step in enumerate(steps, start=1):
        parts += _worked(rng, step, checks)
        if talks:
            parts.append(AFTER_FIRST if number == 1 else AFTER_OTHERS if number < len(steps) else AFTER_LAST)
    if several and rng.random() < 0.85:
        parts.append(reflection)
    if rng.random() < 0.85:
        parts.append(f"Again: {plan} gives {answer}, same.")
    if rng.random() < 0.85:
        parts.append(f"So it is {answer}.")
    return f"<think>{' '.join(parts)}</think>\\boxed{{{answer}}}"


def _worked(rng: random.Random, step: Step, checks: bool) -> list[str]:
    slip = [f"{step.action} {step.slip}. Wait, no."] if rng.random() < 0.04 else []
    check = [f"Check: {step.check}, ok."] if checks else []
    return [*slip, f"{step.action} {step.result}.", *check]
