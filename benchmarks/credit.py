"""How noisy is the policy gradient with credit to responses, and with credit to prefixes, at equal sampled tokens?

The policy stays as it is: `small_rl`'s model with random weights, sampled by a real engine under a token budget, so
responses are cut, kept and continued as in RL; the gradients are those of the policy update, every token in the loss.

The reward is a race between even and odd tokens: a response is right if more of its tokens are even. Three races, on
the same samples: over the first 24 tokens, most of them before the cut, so a prefix says much about the end; over all
64; and over the last 16, which a prefix says nothing about.

Noise is E‖g‖² of a group's gradient g times the tokens that a group takes. So that like is compared with like, each
part of g is first divided by the factor that its baseline costs it in expectation ((k − 1)/k up to the cut and without
branches; after it (m − 1)/m for `prefix`, 1 − 1/(mk) for `response`): then all have one and the same mean, which is so
small beside the noise that it need not be taken off (the run prints how small). Training does not divide: there
`prefix` learns less from what comes after the cut, by (m − 1)/m. ± is the jackknife's standard error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from benchmarks.small_rl import build, by_parity, parameters
from k15 import torch_extensions
from k15.model.vlm import VisionLanguageModel
from k15.rewards import VERIFIERS
from k15.rewards.verifiers import extract_then_compare
from k15.rl.buffer import ReplayBuffer
from k15.rl.objective import ObjectiveParams, policy_loss
from k15.rl.rollouts import PartialParams, Rollouts
from k15.rl.trajectory import Group, Response, RLPrompt
from k15.rl.update import Scored, minibatches, prepare
from k15.rollout.engine import Engine
from k15.rollout.types import Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer

GROUPS = 200
BRANCHES = (1, 2, 4)
AT_ONCE = 64
SAMPLING = Sampling(n=4, temperature=1.0, max_tokens=64)
BUDGET = 2560
"""Cuts most responses."""
RACES = {"its first 24 tokens": slice(24), "all of it": slice(None), "its last 16 tokens": slice(-16, None)}
CREDITS = {
    credit: ObjectiveParams(kind="eq3", tau=0.05, baseline="mean", earlier_segments="kept", credit=credit)
    for credit in ("response", "prefix")
}
FOLDS = 12
MICROBATCH = 8192


def measure(groups: int = GROUPS) -> None:
    torch_extensions.settle()
    with TemporaryDirectory() as directory:
        model, tokenizer, prompts = build(Path(directory))
        _, settings = parameters(max_num_seqs=AT_ONCE)
        VERIFIERS["parity"] = extract_then_compare(lambda response, mode: response, by_parity)
        with Engine(Path(directory) / "start/hf", max_model_len=model.shape.max_length, params=settings) as engine:
            collected = {m: collect(engine, tokenizer, prompts, m, groups) for m in BRANCHES}
    for branches, sampled in collected.items():
        describe(branches, sampled)
    for race, part in RACES.items():
        noise = {}
        for branches, sampled in collected.items():
            for group in sampled:
                for response in group.responses:
                    response.reward = winner(response, part)
            for credit, objective in CREDITS.items():
                if branches > 1 or credit == "response":
                    name = f"{branches} branches, credit {credit}" if branches > 1 else "no branches"
                    noise[name] = noise_of(model, sampled, objective, branches)
        report(race, noise)


def collect(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[RLPrompt], branches: int, count: int
) -> list[Group]:
    """The first `count` groups that are begun, not those that are complete first: they would be the short ones."""
    rollouts = Rollouts(engine, tokenizer, ReplayBuffer())
    partial = PartialParams(tokens=BUDGET, at_once=AT_ONCE, max_age=10**6, branches=branches)
    found: list[Group] = []
    iteration = begun = 0
    try:
        while begun < count or any(group.number < count for group in rollouts.buffer.groups):
            fresh = [(i % len(prompts), prompts[i % len(prompts)]) for i in range(begun, begun + AT_ONCE)]
            sampling = replace(SAMPLING, seed=derive(7, "credit", branches, iteration))
            phase = rollouts.phase(iteration, fresh, sampling, partial)
            found += phase.groups
            begun += len(phase.drawn)
            iteration += 1
    finally:
        rollouts.close()
    return sorted((group for group in found if group.number < count), key=lambda group: group.number)


def describe(branches: int, groups: Sequence[Group]) -> None:
    tokens = sum(map(tokens_of, groups))
    cut = [r for g in groups for r in g.responses if not r.shared and len(r.segments) > 1]
    prefix = sum(len(r.segments[0].ids) for r in cut) / max(1, sum(r.length for r in cut))
    print(
        f"credit: {len(groups)} groups of {SAMPLING.n}, {tokens:,} tokens; {len(cut) / len(groups) / SAMPLING.n:.0%} "
        f"of the responses were cut, after {prefix:.0%} of their tokens, and went on as {branches}",
        flush=True,
    )


def tokens_of(group: Group) -> int:
    return sum(len(segment.ids) for response in group.everything for segment in response.own)


def winner(response: Response, part: slice) -> float:
    even = [token % 2 == 0 for token in response.ids[part]]
    return float(sum(even) * 2 > len(even))


@dataclass
class Noise:
    """Of the gradients of groups, by fold: sums, sums of squared norms, tokens."""

    sums: Tensor
    squares: Tensor
    tokens: Tensor
    count: int

    def value(self, without: int | None = None) -> float:
        """E‖g‖² times tokens a group, on all folds but `without`, up to a factor that all have in common."""
        chosen = [fold for fold in range(FOLDS) if fold != without]
        return float(self.squares[chosen].mean() * self.tokens[chosen].mean())

    def signal(self) -> float:
        """‖E g‖² / E‖g‖², from pairs of groups: without bias, so it may come out below 0."""
        square = self.squares.sum()
        return float((self.sums.sum(0).square().sum() - square) / (self.count - 1) / square)


def noise_of(model: VisionLanguageModel, groups: Sequence[Group], objective: ObjectiveParams, branches: int) -> Noise:
    size = sum(p.numel() for p in model.language.parameters())
    found = Noise(torch.zeros(FOLDS, size), torch.zeros(FOLDS), torch.zeros(FOLDS), len(groups))
    for number, group in enumerate(groups):
        gradient = gradient_of(model, group, objective, branches)
        fold = number % FOLDS
        found.sums[fold] += gradient
        found.squares[fold] += gradient.square().sum()
        found.tokens[fold] += tokens_of(group)
    return found


def gradient_of(model: VisionLanguageModel, group: Group, objective: ObjectiveParams, branches: int) -> Tensor:
    """Of the loss over the group's rows, at the policy that sampled them, where the regulariser has none."""
    model.zero_grad()
    version = max(v for response in group.responses for v in response.versions)
    rows = [
        [
            unbiased(row, response, group, objective, branches)
            for row, response in zip(rows, group.responses, strict=True)
        ]
        for rows in prepare([group], objective, version, model.shape.image_tokens)
    ]
    for minibatch in minibatches(rows, 1, 0, MICROBATCH, model.shape.image_size):
        for batch in minibatch:
            policy_loss(model, batch, 0.0).backward()
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.language.parameters()]
    return torch.cat([part.flatten() for part in parts])


def unbiased(row: Scored, response: Response, group: Group, objective: ObjectiveParams, branches: int) -> Scored:
    """With each advantage divided by what its baseline costs it in expectation."""
    k, length = group.size, len(row.advantage)
    before, after, cut = 1 - 1 / k, 1 - 1 / k, length
    if row.share < 1:
        after = 1 - 1 / branches if objective.credit == "prefix" else 1 - 1 / (branches * k)
        cut = len(response.segments[0].ids)
    factors = [before] * cut + [after] * (length - cut)
    return replace(row, advantage=[a / f for a, f in zip(row.advantage, factors, strict=True)])


def report(race: str, noise: dict[str, Noise]) -> None:
    """All against no branches, and on the same samples one credit against the other."""
    (_, first), *others = noise.items()
    print(f"credit: the reward is decided by {race}; the signal is {first.signal():.2%} of the noise")
    for name, one in others:
        print(f"credit:   {name}: {ratio(one, first)} of the noise without branches")
    for (_, response), (name, prefix) in zip(others[::2], others[1::2], strict=True):
        print(f"credit:   {name}, against credit response on the same samples: {ratio(prefix, response)}", flush=True)


def ratio(one: Noise, other: Noise) -> str:
    value, error = jackknife(lambda fold: one.value(fold) / other.value(fold))
    return f"{value:.2f} ± {error:.2f}"


def jackknife(statistic: Callable[[int | None], float]) -> tuple[float, float]:
    """The statistic and its standard error."""
    parts = [statistic(fold) for fold in range(FOLDS)]
    mean = sum(parts) / FOLDS
    return statistic(None), math.sqrt((FOLDS - 1) / FOLDS * sum((part - mean) ** 2 for part in parts))
