"""What the SFT model can do with a prompt: its pass rate, and whether it guesses the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from k15.progress import Task
from k15.rewards import Verdict, score_batch
from k15.rollout.engine import Engine
from k15.rollout.types import Prompt, Sample, Sampling
from k15.tokenizer import Tokenizer
from stages.prompts.candidates import Candidate

GUESS_PREFIX = "\\boxed{"


@dataclass(frozen=True)
class PassRate:
    correct: int
    judged: int
    """Samples with a verdict; a deadline of the verifier says nothing about the prompt."""

    @property
    def value(self) -> float:
        return self.correct / self.judged if self.judged else 0.0


@dataclass(frozen=True)
class Guesses:
    hits: int
    unjudged: int
    """Guesses whose verdict stayed an error: any of them may have been right."""


def prompt_ids(tokenizer: Tokenizer, candidate: Candidate) -> list[int]:
    return tokenizer.encode_prompt(candidate.question, len(candidate.images))


def pass_rates(
    engine: Engine, tokenizer: Tokenizer, items: Sequence[Candidate], sampling: Sampling, task: Task
) -> list[PassRate]:
    """Success of `sampling.n` responses to every candidate (§2.1: ten, at a high temperature)."""
    prompts = [Prompt(prompt_ids(tokenizer, item), item.images) for item in items]
    responses = engine.generate(prompts, sampling, task)
    verdicts = _judge(items, responses, lambda sample: tokenizer.decode(sample.ids))
    return [
        PassRate(
            correct=sum(verdict.verdict == "correct" for verdict in group),
            judged=sum(verdict.verdict != "error" for verdict in group),
        )
        for group in verdicts
    ]


def guess_hits(
    engine: Engine, tokenizer: Tokenizer, items: Sequence[Candidate], sampling: Sampling, task: Task
) -> list[Guesses]:
    """How many of `sampling.n` answers are right when the model must open the box at once (§2.1: N = 8)."""
    prefix = tokenizer.encode(GUESS_PREFIX)
    prompts = [Prompt(prompt_ids(tokenizer, item) + prefix, item.images) for item in items]
    guesses = engine.generate(prompts, sampling, task)
    verdicts = _judge(items, guesses, lambda sample: GUESS_PREFIX + tokenizer.decode(sample.ids))
    return [
        Guesses(
            hits=sum(verdict.verdict == "correct" for verdict in group),
            unjudged=sum(verdict.verdict == "error" for verdict in group),
        )
        for group in verdicts
    ]


def _judge(
    items: Sequence[Candidate], groups: Sequence[Sequence[Sample]], text: Callable[[Sample], str]
) -> list[list[Verdict]]:
    records = [item.record for item, group in zip(items, groups, strict=True) for _ in group]
    verdicts = iter(score_batch(records, [text(sample) for group in groups for sample in group]))
    return [[next(verdicts) for _ in group] for group in groups]
