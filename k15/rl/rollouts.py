"""The rollout phase (§2.6): sample groups of responses, judge them as they end, keep what is unfinished.

With a token budget (partial rollouts, §2.6.2) the phase ends when so many tokens have been sampled: what is unfinished
stays in the replay buffer and goes on from its prefix in the next iteration, under the next policy. Without one it ends
with its last response. A response that is cut may go on as several branches (`PartialParams.branches`, ours).

Guarantees: token ids go from the engine to the trainer as they are; a group is handed out once, when all of its
responses have ended, branches too; every sampled token is in exactly one segment that its response owns, but for those
that came after a repetition (`discarded_tokens`); a response without a verdict (`error` twice) is kept apart from
those that are trained on, and is never a zero reward.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from k15.artifacts import read_rows
from k15.params import Params
from k15.progress import Task
from k15.rewards.spec import read_record
from k15.rl.buffer import ReplayBuffer
from k15.rl.judge import Judge
from k15.rl.repetition import first_repeat
from k15.rl.trajectory import Group, Response, RLPrompt, Segment
from k15.rollout.face import RolloutEngine
from k15.rollout.types import LENGTH, REPETITION, Chunk, Key, Order, Partial, Prompt, Request, Sampling
from k15.tokenizer import Tokenizer

AGE = "age"
"""Finish reason of a response that was carried over too often."""


class PartialParams(Params):
    """Partial rollouts (§2.6.2)."""

    tokens: int = Field(ge=1)
    """Output tokens of an iteration, over all responses; the engines' batches stay full until they are used up."""
    at_once: int = Field(ge=1)
    """Responses sampled at the same time, over all engines. The more, the fuller the batches, and the more responses
    are cut by the end of an iteration."""
    max_age: int = Field(ge=1)
    """A response that is still unfinished this many iterations after its first token ends as it stands, judged like one
    that was cut off."""
    branches: int = Field(default=1, ge=1)
    """As how many responses one goes on that is cut for the first time; 1: as itself alone."""


@dataclass
class Phase:
    """What a rollout phase brought: complete groups in the order of their numbers, and figures of all that happened."""

    groups: list[Group]
    drawn: list[int]
    """Prompts that were begun, in the order of their groups."""
    figures: dict[str, float]
    seconds: dict[str, float]


def load_prompts(path: Path, tokenizer: Tokenizer) -> list[RLPrompt]:
    """The kept prompts of the curated set."""
    return [
        RLPrompt(
            row["id"],
            tokenizer.encode_prompt(row["question"], len(row["images"])),
            tuple(row["images"]),
            read_record(row["verifier"], row["answer"], row["spec"]),
            row["pass_rate"],
        )
        for row in read_rows(path, "prompt")
        if row["kept"]
    ]


class Rollouts:
    """Samples with one engine; `buffer` holds what is unfinished between two phases."""

    def __init__(self, engine: RolloutEngine, tokenizer: Tokenizer, buffer: ReplayBuffer) -> None:
        self.engine, self.tokenizer, self.buffer = engine, tokenizer, buffer
        self._judge = Judge()

    def close(self) -> None:
        self._judge.close()

    def phase(
        self,
        iteration: int,
        fresh: Iterable[tuple[int, RLPrompt]],
        sampling: Sampling,
        partial: PartialParams | None,
        bar: Task | None = None,
    ) -> Phase:
        """Go on with the buffer's groups, then begin `fresh` ones (index, prompt) in their order while there is budget.

        `sampling.n` is the group size. Fresh groups of which no token was sampled are as if they had not been asked
        for. `bar` counts finished responses, or with a token budget tokens.
        """
        started = time.monotonic()
        carried, first = self.buffer.take(), self.buffer.next_number
        expired = self._end(carried, iteration, sampling, partial)
        groups = carried + [self.buffer.new_group(i, prompt, iteration, sampling.n) for i, prompt in fresh]
        open_ones = {r.key: (g, r) for g in groups for r in g.responses if r.finish_reason is None}
        asked = {g.number: Prompt(g.prompt.ids, g.prompt.images) for g in groups}
        requests = [Request(key, asked[g.number], tuple(r.ids)) for key, (g, r) in open_ones.items()]
        order = Order(requests, replace(sampling, logprobs=True), None if partial is None else partial.tokens)
        parts = {key: Partial() for key in open_ones}
        shown = _Speed(bar, counts_tokens=partial is not None)
        for chunk in self.engine.run(order):
            parts[chunk.key].add(chunk)
            shown.add(chunk)
            if chunk.finish_reason is not None:
                self._take(*open_ones[chunk.key], parts.pop(chunk.key), iteration, sampling)
        first_cut = [one for key, one in open_ones.items() if key in parts and not one[1].segments]
        for key, part in parts.items():
            self._take(*open_ones[key], part, iteration, sampling)
        branches = _branch(first_cut, partial)
        sampled = time.monotonic()
        self._judged(groups)
        begun = [g for g in groups if g.started < iteration or any(r.segments for r in g.responses)]
        self.buffer.next_number = max([first - 1, *(g.number for g in begun)]) + 1
        complete = [g for g in begun if all(r.finish_reason is not None for r in g.responses)]
        self.buffer.keep([g for g in begun if any(r.finish_reason is None for r in g.responses)])
        seconds = {"rollout": sampled - started, "reward_wait": time.monotonic() - sampled}
        drawn = [g.index for g in begun if g.started == iteration]
        figures = _figures(begun, iteration, self.buffer) | {"expired": expired, "branches": branches}
        figures["discarded_tokens"] = shown.tokens - figures["sampled_tokens"]
        return Phase([_set_apart(g) for g in complete], drawn, figures, seconds)

    def _take(self, group: Group, response: Response, part: Partial, iteration: int, sampling: Sampling) -> None:
        """What one phase sampled of a response becomes its next segment."""
        prefix, repetition = response.ids, sampling.repetition
        if prefix and repetition is not None:  # the engine has looked at this phase's tokens alone
            end = first_repeat([*prefix, *part.ids], len(prefix), repetition.max_pattern, repetition.min_count)
            if end is not None and (end < len(prefix) + len(part.ids) or part.finish_reason is None):
                kept = end - len(prefix)
                part = Partial(part.ids[:kept], part.logprobs[:kept], REPETITION)
        if part.ids:
            response.segments.append(Segment(iteration, part.ids, part.logprobs))
        response.finish_reason = part.finish_reason
        if part.finish_reason is not None:
            self._submit(group, response)

    def _end(self, carried: Sequence[Group], iteration: int, sampling: Sampling, partial: PartialParams | None) -> int:
        """End the responses that must not go on; how many were too old."""
        expired = 0
        for group in carried:
            for response in group.responses:
                if response.finish_reason is not None or not response.segments:
                    continue
                if partial is not None and iteration - response.segments[0].version >= partial.max_age:
                    response.finish_reason = AGE
                    expired += 1
                elif response.length >= sampling.max_tokens:  # the limit has come down since
                    response.finish_reason = LENGTH
                else:
                    continue
                self._submit(group, response)
        return expired

    def _submit(self, group: Group, response: Response) -> None:
        response.text = self.tokenizer.decode(response.ids)
        self._judge.submit(response.key, group.prompt.record, response.text)

    def _judged(self, groups: Sequence[Group]) -> None:
        verdicts = self._judge.collect()
        for group in groups:
            for response in group.responses:
                if (verdict := verdicts.get(response.key)) is not None:
                    response.verdict, response.score = verdict.verdict, verdict.reward
                    response.reward = verdict.reward


class _Speed:
    """What a bar shows of the chunks that come in."""

    def __init__(self, bar: Task | None, counts_tokens: bool) -> None:
        self.bar, self.counts_tokens = bar, counts_tokens
        self.started, self.tokens, self.responses = time.monotonic(), 0, 0

    def add(self, chunk: Chunk) -> None:
        ended = chunk.finish_reason is not None
        self.tokens += len(chunk.ids)
        self.responses += ended
        if self.bar is None:
            return
        per_second = round(self.tokens / max(1e-3, time.monotonic() - self.started))
        if self.counts_tokens:
            self.bar.advance(len(chunk.ids), responses=self.responses, **{"tokens/s": per_second})
        elif ended:
            self.bar.advance(**{"tokens/s": per_second})


def sample_groups(
    engine: RolloutEngine,
    tokenizer: Tokenizer,
    prompts: Sequence[RLPrompt],
    sampling: Sampling,
    bar: Task | None = None,
) -> list[Group]:
    """`sampling.n` judged responses to each of `prompts`, outside any iteration. `bar` counts finished responses."""
    rollouts = Rollouts(engine, tokenizer, ReplayBuffer())
    try:
        return rollouts.phase(0, enumerate(prompts), sampling, None, bar).groups
    finally:
        rollouts.close()


def _set_apart(group: Group) -> Group:
    everything = group.responses
    group.responses = [r for r in everything if r.verdict != "error"]
    group.unjudged = [r for r in everything if r.verdict == "error"]
    return group


def _branch(first_cut: Iterable[tuple[Group, Response]], partial: PartialParams | None) -> int:
    """Branch those of which a token was sampled; how many responses that adds."""
    begun = [(group, response) for group, response in first_cut if response.segments]
    count = 1 if partial is None else partial.branches
    for group, response in begun:
        group.branch(response, count)
    return len(begun) * (count - 1)


def _figures(groups: Sequence[Group], iteration: int, buffer: ReplayBuffer) -> dict[str, float]:
    """Counts that must add up: tokens of the phase are those of its segments."""
    now: list[tuple[Key, int]] = [
        (r.key, len(s.ids)) for g in groups for r in g.everything for s in r.own if s.version == iteration
    ]
    return {
        "sampled_tokens": sum(length for _, length in now),
        "sampled_responses": len(now),
        "carried_responses": sum(r.finish_reason is None for g in buffer.groups for r in g.responses),
        "carried_tokens": sum(len(s.ids) for g in buffer.groups for r in g.responses for s in r.own),
    }
