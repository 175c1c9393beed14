"""The learned effects that a run is expected to show, each measured against its target.

Targets are the reproduction's own (see the README), not figures of the paper, whose models are many orders of
magnitude larger. An effect that was missed is shown as missed.
"""

from dataclasses import dataclass

from stages.report.facts import LONG2SHORT, Facts

SUITE = "text"
"""The pooled suite of all text families, by which checkpoints are compared."""


@dataclass(frozen=True)
class Effect:
    stage: str
    claim: str
    measured: str
    met: bool


def share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}%"


def tokens(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def best_short(facts: Facts) -> str:
    """The long2short model to prefer: the shortest within 2 points of `rl`, else the most accurate."""
    accuracy = {name: facts.value(name, SUITE) or 0.0 for name in LONG2SHORT}
    floor = (facts.value("rl", SUITE) or 0.0) - 0.02
    equal = [name for name in LONG2SHORT if accuracy[name] >= floor]
    if equal:
        return min(equal, key=lambda name: facts.value(name, SUITE, "tokens") or float("inf"))
    return max(LONG2SHORT, key=lambda name: accuracy[name])


def effects(facts: Facts) -> list[Effect]:
    return [
        _pretrain(facts),
        _long_context(facts),
        _sft(facts),
        _longer(facts),
        _rl(facts),
        _long2short(facts),
        _vision(facts),
        _text_kept(facts),
        _blank(facts),
    ]


def _pretrain(facts: Facts) -> Effect:
    losses = facts.metrics["pretrain"]["validation_loss"].values()
    fallen = sum(loss["after"] < loss["before"] for loss in losses)
    measured = f"in {fallen} of {len(losses)}"
    return Effect("pretrain", "validation loss falls in every domain", measured, fallen == len(losses))


def _long_context(facts: Facts) -> Effect:
    longest = facts.needle_lengths[-1]
    before, after = (facts.value(name, f"needle.{longest}") for name in ("vision_language", "long_context"))
    claim = f"needle retrieval at {longest} tokens from under 20% to at least 80%"
    met = before is not None and after is not None and before < 0.2 and after >= 0.8
    return Effect("long_context", claim, f"{share(before)} → {share(after)}", met)


def _sft(facts: Facts) -> Effect:
    accuracy = facts.value("sft", SUITE)
    met = accuracy is not None and 0.2 <= accuracy <= 0.65
    return Effect("sft", "long-CoT pass@1 between 20% and 65%", share(accuracy), met)


def _longer(facts: Facts) -> Effect:
    long, short = (facts.value(name, SUITE, "tokens") for name in ("sft", "sft.short"))
    measured = f"{tokens(long)} against {tokens(short)} tokens"
    return Effect("sft", "long-CoT responses longer than short-CoT ones", measured, (long or 0) > (short or 0))


def _rl(facts: Facts) -> Effect:
    before, after = facts.value("sft", SUITE), facts.value("rl", SUITE)
    gain = None if before is None or after is None else after - before
    measured = "–" if gain is None else f"{share(before)} → {share(after)} ({gain * 100:+.1f} points)"
    return Effect("rl", "pass@1 at least 20 points above sft", measured, gain is not None and gain >= 0.2)


def _long2short(facts: Facts) -> Effect:
    best = best_short(facts)
    accuracy, reference = facts.value(best, SUITE), facts.value("rl", SUITE)
    length, long = facts.value(best, SUITE, "tokens"), facts.value("rl", SUITE, "tokens")
    claim = "within 2 points of rl at no more than 65% of its tokens"
    if accuracy is None or reference is None or length is None or not long:
        return Effect("long2short", claim, "–", False)
    measured = f"{best}: {(accuracy - reference) * 100:+.1f} points at {share(length / long)} of the tokens"
    return Effect("long2short", claim, measured, accuracy >= reference - 0.02 and length <= 0.65 * long)


def _vision(facts: Facts) -> Effect:
    accuracy = facts.value("rl", "vision")
    return Effect("rl", "vision pass@1 at least 50%", share(accuracy), (accuracy or 0.0) >= 0.5)


def _text_kept(facts: Facts) -> Effect:
    losses = facts.metrics["vision_language"]["text_validation_loss"]
    growth = {domain: loss["after"] / loss["before"] - 1 for domain, loss in losses.items()}
    worst = max(growth, key=lambda domain: growth[domain])
    claim = "text validation loss at most 3% above pretrain in every domain"
    return Effect("vision_language", claim, f"{worst}: {growth[worst] * 100:+.1f}%", growth[worst] <= 0.03)


def _blank(facts: Facts) -> Effect:
    accuracy = facts.value("rl", "vision.blank")
    met = accuracy is not None and accuracy <= 0.2
    return Effect("rl", "vision pass@1 with the image blanked at most 20%", share(accuracy), met)
