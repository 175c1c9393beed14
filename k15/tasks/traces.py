"""How worked steps become a short-CoT and a long-CoT response (§2.2).

The long form shows what the warm-up is to teach: a plan, every step evaluated, reflection (a slip that is
noticed and mended) and exploration of a second way to check. How much of it a trace shows is drawn per trace,
so the policy has both room to learn when checking pays and room to be shortened later.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


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
    """Plan, steps with checks, slips and their repair, a second look, recap; then the boxed answer."""
    care = rng.choice((0.0, 0.5, 1.0, 1.0))  # how often this solver checks
    parts = [f"Plan: {plan}."] if rng.random() < 0.7 else []
    for step in steps:
        if rng.random() < 0.04:
            parts.append(f"{step.action} {step.slip}. Wait, no.")
        parts.append(f"{step.action} {step.result}.")
        if rng.random() < care:
            parts.append(f"Check: {step.check}, ok.")
    if rng.random() < 0.5:
        parts.append(f"Again: {plan} gives {answer}, same.")
    if rng.random() < 0.6:
        parts.append(f"So it is {answer}.")
    return f"<think>{' '.join(parts)}</think>\\boxed{{{answer}}}"
