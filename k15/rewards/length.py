"""The length reward of §2.3.3 over the k responses to one prompt.

Lengths are in tokens and compared within the group only. Whether and with which weight it is added to the
correctness reward is the trainer's business (off during warm-up, then constant).
"""

from collections.abc import Sequence


def length_rewards(lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:
    """λ_i = 0.5 − (len_i − min) / (max − min); correct → λ_i, wrong → min(0, λ_i); all 0 where max = min."""
    if len(lengths) != len(correct):
        raise ValueError(f"{len(lengths)} lengths for {len(correct)} verdicts")
    if not lengths:
        return []
    shortest, longest = min(lengths), max(lengths)
    if shortest == longest:
        return [0.0] * len(lengths)
    scores = [0.5 - (length - shortest) / (longest - shortest) for length in lengths]
    return [score if right else min(0.0, score) for score, right in zip(scores, correct, strict=True)]
