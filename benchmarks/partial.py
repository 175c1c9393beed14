"""Partial rollouts (§2.6.2) against waiting for every response, per trained token, on a long tail of lengths.

Both sides are the real rollout phase: groups of 8, replay buffer, verdicts, on engines that differ in nothing but how
many responses run at once. The lengths are prescribed, log-normal with median 40 and 1 % from 800 on, since a model
with random weights does not end by itself; the n-th group's are the same on both sides. All sides take turns; the
first round, in which the buffers fill, is not measured. A token is trained on when its group is complete, if
`objective.earlier_segments` has it in the loss: `masked` those of a response's last segment, `kept` all, `on_policy`
those of the iteration in which the group is complete. Waiting trains on all it samples. Ratios are of wall time, and
of the CPU time of the thread that samples, which other work on the machine moves less.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.setting import Setting, setting
from k15.rl.buffer import ReplayBuffer
from k15.rl.objective import EarlierSegments, ObjectiveParams, token_weights
from k15.rl.rollouts import PartialParams, Phase, Rollouts
from k15.rl.trajectory import Response, RLPrompt
from k15.rollout.engine import Engine
from k15.rollout.inputs import Inputs
from k15.rollout.params import EngineParams
from k15.rollout.types import Key, Request, Sampling
from k15.seeds import derive

MEDIAN, TAIL, LONGEST = 40, 800, 1024
GROUPS, GROUP_SIZE = 16, 8
ROUNDS = 3
PORTION = 4
"""Waiting iterations' worth of tokens that every setting samples in a round, in however many iterations."""
SETTINGS = ((1, 16), (1, 32), (2, 32), (4, 32), (4, 64), (4, 128))
"""Token budget of an iteration in waiting iterations, and `at_once`."""
CAPACITY = EngineParams(
    max_num_seqs=256, kv_cache_gib=0.4, deployment="in_process", hang_s=60.0, restarts=2, logprobs="raw"
)
CHOICES: tuple[EarlierSegments, ...] = ("kept", "masked", "on_policy")
_WALL, _CPU = 0, 1


def length_of(key: Key) -> int:
    """log-normal: its 99th percentile is 2.326 deviations from the median."""
    deviation = math.log(TAIL / MEDIAN) / 2.326
    noise = np.random.default_rng(derive(0, *key)).standard_normal()
    return min(LONGEST, max(1, round(MEDIAN * math.exp(deviation * noise))))


class Endless(Inputs):
    """Asks for each response to end at its `length_of`, and nowhere else."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._stop_ids = []

    def params(self, request: Request, sampling: Sampling, **how: Any) -> Any:
        limited = replace(sampling, max_tokens=length_of(request.key))
        return super().params(request, limited, ignore_eos=True, **how)


class Prescribed(Engine):
    """Samples as ever, responses of prescribed lengths."""

    def __init__(self, hf_dir: Path, **arguments: Any) -> None:
        super().__init__(hf_dir, **arguments)
        self._inputs = Endless(hf_dir, self.max_model_len)


class Counts(NamedTuple):
    """Tokens: all that were sampled, and those that are trained on by `objective.earlier_segments`."""

    sampled: float
    kept: float
    masked: float
    on_policy: float


@dataclass
class Side:
    """One way to run the rollout phase, with its own buffer; a row of `counted` and of seconds per measured round."""

    name: str
    rollouts: Rollouts
    partial: PartialParams | None
    fresh: int
    iterations: int
    done: int = 0
    tokens: list[Counts] = field(default_factory=list)
    seconds: list[tuple[float, float]] = field(default_factory=list)
    """By the wall's clock, and of the CPU."""

    def round(self, prompts: list[RLPrompt], measured: bool) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        counts = [self._iterate(prompts) for _ in range(self.iterations)]
        if measured:
            self.seconds.append((time.perf_counter() - wall, time.thread_time() - cpu))
            self.tokens.append(Counts(*map(sum, zip(*counts, strict=True))))

    def _iterate(self, prompts: list[RLPrompt]) -> Counts:
        first = self.rollouts.buffer.next_number
        fresh = [(i % len(prompts), prompts[i % len(prompts)]) for i in range(first, first + self.fresh)]
        sampling = Sampling(GROUP_SIZE, temperature=1.0, max_tokens=LONGEST + 1, seed=derive(1, self.done))
        counts = counted(self.rollouts.phase(self.done, fresh, sampling, self.partial), self.done)
        self.done += 1
        return counts

    def rates(self, what: str, clock: int) -> list[float]:
        return [getattr(c, what) / s[clock] for c, s in zip(self.tokens, self.seconds, strict=True)]


def counted(phase: Phase, iteration: int) -> Counts:
    responses = [response for group in phase.groups for response in group.responses]
    if wrong := [r.key for r in responses if r.length != length_of(r.key)]:
        raise RuntimeError(f"responses {wrong[:3]} do not have their prescribed lengths")
    trained = {choice: sum(in_loss(response, iteration, choice) for response in responses) for choice in CHOICES}
    return Counts(phase.figures["sampled_tokens"], **trained)


def in_loss(response: Response, iteration: int, choice: EarlierSegments) -> float:
    objective = ObjectiveParams(kind="eq3", tau=0.05, baseline="mean", earlier_segments=choice)
    return sum(token_weights(response.versions, iteration, objective))


def measure() -> None:
    with setting(LONGEST + 128) as shared:
        prompts = prompts_of(shared)
        with ExitStack() as stack:
            sides = all_sides(partial(open_engine, stack, shared), shared)
            for side in sides:
                stack.callback(side.rollouts.close)
            for number in range(ROUNDS + 1):
                for side in sides:
                    side.round(prompts, measured=number > 0)
    report(sides)


def open_engine(stack: ExitStack, shared: Setting, at_once: int) -> Engine:
    params = CAPACITY.model_copy(update={"max_num_seqs": at_once})
    return stack.enter_context(Prescribed(shared.hf, max_model_len=LONGEST + 128, params=params))


def prompts_of(shared: Setting) -> list[RLPrompt]:
    return [
        RLPrompt(p.id, shared.tokenizer.encode_prompt(p.question), (), {"verifier": p.verifier, "answer": p.answer})
        for p in shared.problems
        if len(shared.tokenizer.encode_prompt(p.question)) < 120
    ]


def all_sides(engine_for: Callable[[int], Engine], shared: Setting) -> list[Side]:
    """Waiting first. `engine_for`: an engine in which so many responses run at once."""
    engines = {at_once: engine_for(at_once) for at_once in {CAPACITY.max_num_seqs, *(n for _, n in SETTINGS)}}
    mean = statistics.mean(length_of((group, k)) for group in range(4000) for k in range(GROUP_SIZE))
    whole = round(GROUPS * GROUP_SIZE * mean)
    everything = Rollouts(engines[CAPACITY.max_num_seqs], shared.tokenizer, ReplayBuffer())
    sides = [Side("waiting", everything, None, GROUPS, PORTION // 2)]
    for budget, at_once in SETTINGS:
        params = PartialParams(tokens=budget * whole, at_once=at_once, max_age=1000)
        rollouts = Rollouts(engines[at_once], shared.tokenizer, ReplayBuffer())
        fresh = 2 * budget * GROUPS + at_once // GROUP_SIZE
        sides.append(Side(f"{params.tokens:6d} {at_once:7d}", rollouts, params, fresh, PORTION // budget))
    return sides


def report(sides: list[Side]) -> None:
    waiting, *others = sides
    rate = statistics.median(waiting.rates("kept", _WALL))
    print(f"partial rollouts: waiting for all of {GROUPS * GROUP_SIZE} responses {rate:,.0f} tokens/s, all trained on")
    columns = " | ".join(f"ratio {choice} (CPU)" for choice in CHOICES)
    print(f"partial rollouts: tokens at_once | sampled/s | share masked | {columns}")
    for side in others:
        rate = statistics.median(side.rates("sampled", _WALL))
        share = 1 - sum(c.masked for c in side.tokens) / sum(c.kept for c in side.tokens)
        found = [
            f"{statistics.median(ratios(side, waiting, what, _WALL)):.2f}"
            f" ({statistics.median(ratios(side, waiting, what, _CPU)):.2f})"
            for what in CHOICES
        ]
        print(f"partial rollouts: {side.name} | {rate:,.0f} | {share:.0%} | {' | '.join(found)}")
    for what in CHOICES:
        best = max(others, key=lambda side: statistics.median(ratios(side, waiting, what, _CPU)))
        wall, cpu = (ratios(best, waiting, what, clock) for clock in (_WALL, _CPU))
        spread = f"{min(wall):.2f} to {max(wall):.2f} in {len(wall)} rounds"
        print(
            f"partial rollouts, earlier segments {what}: best ratio {statistics.median(wall):.2f} ({spread}),"
            f" of CPU time {statistics.median(cpu):.2f}, at {' '.join(best.name.split())}"
        )


def ratios(side: Side, waiting: Side, what: str, clock: int) -> list[float]:
    pairs = zip(side.rates(what, clock), waiting.rates("kept", clock), strict=True)
    return [one / other for one, other in pairs]
