"""How noisy is the policy gradient with credit to responses, and with credit to prefixes?

The policy stays as it is: `small_rl`'s model with random weights, sampled by a real engine under a token budget, so
responses are cut, kept and continued as in RL; the gradients are those of the policy update, every token in the loss.
The reward is a race: a response is right if even bytes have more of its text than they usually have. Every token moves
it, so what a prefix is worth differs from prefix to prefix; where only the end decides, there is less to gain.

Of each group's gradient g (all of its rows) the noise is E‖g − μ‖² and the signal ‖μ‖², μ = E g, estimated without
bias from pairs of groups. Printed is noise / signal times the tokens that a group takes: after so many sampled tokens
the gradient's signal is as large as its noise. It does not change when a gradient is scaled. Three ways to spend
tokens: no branches; branches with either credit, on the very same samples. ± is the jackknife's standard error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from benchmarks.small_rl import build, parameters
from k15.model import torch_extensions
from k15.model.vlm import VisionLanguageModel
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.verifiers import extract_then_compare
from k15.rl.buffer import ReplayBuffer
from k15.rl.objective import ObjectiveParams, policy_loss
from k15.rl.rollouts import PartialParams, Rollouts
from k15.rl.trajectory import Group, RLPrompt
from k15.rl.update import minibatches, prepare
from k15.rollout.engine import Engine
from k15.rollout.types import Prompt, Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer

GROUPS = 600
BRANCHES = 2
AT_ONCE = 64
SAMPLING = Sampling(n=4, temperature=1.0, max_tokens=64)
BUDGET = 2560  # cuts a wave of responses in the middle
FOLDS = 12
MICROBATCH = 8192
_VERIFIER = "race"


def measure(groups: int = GROUPS) -> None:
    torch_extensions.settle()
    with TemporaryDirectory() as directory:
        model, tokenizer, prompts = build(Path(directory))
        _, settings = parameters(max_num_seqs=AT_ONCE)
        engine = Engine(Path(directory) / "start/hf", max_model_len=model.shape.max_length, params=settings)
        with engine:
            VERIFIERS[_VERIFIER] = race(usual_share(engine, tokenizer, prompts))
            try:
                racing = [replace(prompt, record={"verifier": _VERIFIER, "answer": ""}) for prompt in prompts]
                plain, branched = (collect(engine, tokenizer, racing, n, groups) for n in (1, BRANCHES))
            finally:
                VERIFIERS.pop(_VERIFIER)
    describe(branched)
    response = ObjectiveParams(kind="eq3", tau=0.05, baseline="mean", earlier_segments="kept")
    prefix = response.model_copy(update={"credit": "prefix"})
    found = {
        "no branches": estimate(model, plain, response),
        "branches, credit response": estimate(model, branched, response),
        "branches, credit prefix": estimate(model, branched, prefix),
    }
    report(found)


def usual_share(engine: Engine, tokenizer: Tokenizer, prompts: Sequence[RLPrompt]) -> float:
    """The median share of even bytes in this policy's responses."""
    samples = engine.generate([Prompt(prompt.ids) for prompt in prompts[:32]], replace(SAMPLING, seed=1))
    shares = [even_share(tokenizer.decode(sample.ids)) for drawn in samples for sample in drawn]
    return sorted(shares)[len(shares) // 2]


def even_share(text: str) -> float:
    return sum(byte % 2 == 0 for byte in text.encode()) / max(1, len(text.encode()))


def race(level: float) -> Callable[..., list[Verdict]]:
    def judge(cases: Sequence[Case]) -> list[Verdict]:
        won = [even_share(case.answer) > level for case in cases]
        return [Verdict.correct("even") if one else Verdict.wrong("odd") for one in won]

    return extract_then_compare(lambda response, mode: response, judge)


def collect(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[RLPrompt], branches: int, count: int
) -> list[Group]:
    """`count` complete groups, in the order of their numbers: those that ended soonest alone would be the easy ones."""
    rollouts = Rollouts(engine, tokenizer, ReplayBuffer())
    partial = PartialParams(tokens=BUDGET, at_once=AT_ONCE, max_age=10**6, branches=branches)
    found: list[Group] = []
    iteration = begun = 0
    try:
        while rollouts.buffer.next_number < count or any(g.number < count for g in rollouts.buffer.groups):
            fresh = [(i % len(prompts), prompts[i % len(prompts)]) for i in range(begun, begun + AT_ONCE)]
            sampling = replace(SAMPLING, seed=derive(7, "credit", branches, iteration))
            phase = rollouts.phase(iteration, fresh, sampling, partial)
            found += phase.groups
            begun += len(phase.drawn)
            iteration += 1
    finally:
        rollouts.close()
    return sorted((g for g in found if g.number < count), key=lambda group: group.number)


@dataclass
class Estimate:
    """Of the gradients of groups, by fold: sums, sums of squared norms, tokens, and how many there are."""

    sums: Tensor
    squares: Tensor
    tokens: Tensor
    counts: Tensor

    def needed(self, without: int | None = None) -> float:
        """Tokens after which signal equals noise, on all folds but `without`; NaN where no signal is to be seen."""
        chosen = [fold for fold in range(FOLDS) if fold != without]
        count = self.counts[chosen].sum()
        square = self.squares[chosen].sum() / count
        signal = (self.sums[chosen].sum(0).square().sum() - square * count) / (count * (count - 1))
        if signal <= 0:
            return math.nan
        return float((square - signal) / signal * self.tokens[chosen].sum() / count)


def estimate(model: VisionLanguageModel, groups: Sequence[Group], objective: ObjectiveParams) -> Estimate:
    size = sum(p.numel() for p in model.language.parameters())
    found = Estimate(*(torch.zeros(shape, dtype=torch.float64) for shape in ((FOLDS, size), FOLDS, FOLDS, FOLDS)))
    for number, group in enumerate(groups):
        gradient = gradient_of(model, group, objective).double()
        fold = number % FOLDS
        found.sums[fold] += gradient
        found.squares[fold] += gradient.square().sum()
        found.tokens[fold] += sum(len(segment.ids) for r in group.everything for segment in r.own)
        found.counts[fold] += 1
    return found


def gradient_of(model: VisionLanguageModel, group: Group, objective: ObjectiveParams) -> Tensor:
    """Of the loss over the group's rows, at the policy that sampled them: there the regulariser has none."""
    model.zero_grad()
    version = max(v for r in group.responses for v in r.versions)
    rows = prepare([group], objective, version, model.shape.image_tokens)
    for minibatch in minibatches(rows, 1, 0, MICROBATCH, model.shape.image_size):
        for batch in minibatch:
            policy_loss(model, batch, 0.0).backward()
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.language.parameters()]
    return torch.cat([part.flatten() for part in parts])


def describe(groups: Sequence[Group]) -> None:
    branches = [r for g in groups for r in g.responses if r.shared]
    roots = {(r.key[0], g.root(r)) for g in groups for r in g.responses if r.shared}
    shared = sum(len(r.segments[0].ids) for r in branches) / max(1, sum(r.length for r in branches))
    success = sum(group.success for group in groups) / len(groups)
    print(
        f"credit: {len(groups)} groups of {SAMPLING.n}, {success:.0%} right; "
        f"{len(roots) / len(groups) / SAMPLING.n:.0%} of the responses went on as {BRANCHES}, "
        f"which share {shared:.0%} of their tokens",
        flush=True,
    )


def report(found: dict[str, Estimate]) -> None:
    first, *others = found
    for name, one in found.items():
        value, error = jackknife(one.needed)
        each = one.tokens.sum() / one.counts.sum()
        print(f"credit: {name}: signal equals noise after {value:,.0f} ± {error:,.0f} tokens ({each:.0f} a group)")
    pairs = [(first, other) for other in others] + [(others[0], others[1])]
    for this, that in pairs:
        ratio, error = jackknife(lambda fold, a=found[this], b=found[that]: a.needed(fold) / b.needed(fold))
        print(f"credit: {this} against {that}: {ratio:.2f} ± {error:.2f} times the tokens", flush=True)


def jackknife(statistic: Callable[[int | None], float]) -> tuple[float, float]:
    """The statistic and its standard error."""
    parts = [statistic(fold) for fold in range(FOLDS)]
    mean = sum(parts) / FOLDS
    return statistic(None), math.sqrt((FOLDS - 1) / FOLDS * sum((part - mean) ** 2 for part in parts))
