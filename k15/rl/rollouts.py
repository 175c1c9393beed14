"""The rollout phase: sample k responses a prompt, judge them, compose the reward.

A response whose verdict stays `error` (the verifier's infrastructure failed twice) is kept apart from those of its
group that are trained on: it is never a zero reward. Token ids go from the engine to the trainer as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from k15 import rewards
from k15.artifacts import read_rows
from k15.errors import UserError
from k15.progress import Task
from k15.rewards.spec import read_record
from k15.rollout.engine import Engine
from k15.rollout.types import Prompt, Sample, Sampling
from k15.tokenizer import Tokenizer


@dataclass(frozen=True)
class RLPrompt:
    """A curated prompt: `ids` with one `<image>` a picture, and the record that its verifier reads."""

    id: str
    ids: list[int]
    images: tuple[bytes, ...]
    record: Mapping[str, Any] = field(repr=False)
    pass_rate: float = 0.0


@dataclass
class Response:
    """One response. `reward` = verifier's reward, plus the weighted length reward where that is on; NaN without one."""

    sample: Sample
    text: str
    verdict: str
    correct: float
    reward: float = 0.0


@dataclass
class Group:
    """The responses of one prompt in one iteration: the judged ones and, apart, those without a verdict."""

    index: int
    prompt: RLPrompt
    responses: list[Response]
    unjudged: list[Response] = field(default_factory=list)

    @property
    def success(self) -> float:
        return sum(r.correct for r in self.responses) / len(self.responses)


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


def collect(
    engine: Engine,
    prompts: Sequence[RLPrompt],
    indices: Sequence[int],
    sampling: Sampling,
    tokenizer: Tokenizer,
    progress: Task | None = None,
) -> list[Group]:
    """Sampled and judged groups of `prompts[indices]`, with rewards from the verifier alone.

    A group may have no judged response; `UserError` if none has any.
    """
    chosen = [prompts[i] for i in indices]
    sampled = engine.generate([Prompt(p.ids, p.images) for p in chosen], sampling, progress)
    records = [p.record for p, samples in zip(chosen, sampled, strict=True) for _ in samples]
    texts = [tokenizer.decode(s.ids) for samples in sampled for s in samples]
    verdicts = rewards.score_batch(records, texts)
    if all(v.verdict == "error" for v in verdicts):
        why = f"the verifier failed on every response of an iteration ({verdicts[0].why})"
        raise UserError(f"{why}; check that its workers can start")
    judged = iter(zip(texts, verdicts, strict=True))
    return [_group(i, p, samples, judged) for i, p, samples in zip(indices, chosen, sampled, strict=True)]


def _group(
    index: int, prompt: RLPrompt, samples: Sequence[Sample], judged: Iterator[tuple[str, rewards.Verdict]]
) -> Group:
    """Takes the text and the verdict of each of `samples` from `judged`."""
    group = Group(index, prompt, [])
    for sample in samples:
        text, verdict = next(judged)
        response = Response(sample, text, verdict.verdict, verdict.reward, verdict.reward)
        (group.unjudged if verdict.verdict == "error" else group.responses).append(response)
    return group


def add_length_reward(groups: Sequence[Group], weight: float) -> None:
    """§2.3.3: added to the reward, over the responses of one prompt, in tokens."""
    for group in groups:
        lengths = [len(r.sample.ids) for r in group.responses]
        correct = [r.correct > 0 for r in group.responses]
        for response, extra in zip(group.responses, rewards.length_rewards(lengths, correct), strict=True):
            response.reward = response.correct + weight * extra
