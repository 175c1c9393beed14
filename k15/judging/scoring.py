"""Verdicts of trained reward models on responses, through the rollout engine.

A record holds `question` and `answer` (the reference), as a prompt's record does. Judges are handed in as engines: who
opens them decides on their memory and their weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k15.judging.learning import judge_prompt
from k15.progress import Task
from k15.rewards.judge import majority, parse_verdict
from k15.rewards.verdict import Verdict
from k15.rollout.engine import Engine
from k15.rollout.types import Prompt, Sampling
from k15.rollout.value_engine import ValueEngine
from k15.tokenizer import Tokenizer

Record = Mapping[str, Any]


def score_with_reasoning(
    engine: Engine,
    tokenizer: Tokenizer,
    records: Sequence[Record],
    responses: Sequence[str],
    sampling: Sampling,
    progress: Task | None = None,
) -> tuple[list[Verdict], list[list[str]]]:
    """The majority of `sampling.n` judgements of each response, and the judgements. A response that leaves no room
    for a judgement gets an `error`."""
    prompts = _prompts(tokenizer, records, responses)
    fitting = [i for i, ids in enumerate(prompts) if len(ids) + sampling.max_tokens <= engine.max_model_len]
    if progress is not None:
        progress.advance(len(prompts) - len(fitting))
    sampled = engine.generate([Prompt(prompts[i]) for i in fitting], sampling, progress)
    texts: list[list[str]] = [[] for _ in prompts]
    verdicts = [_too_long(ids) for ids in prompts]
    for i, samples in zip(fitting, sampled, strict=True):
        texts[i] = [tokenizer.decode(sample.ids) for sample in samples]
        verdicts[i] = majority([parse_verdict(text) for text in texts[i]])
    return verdicts, texts


def score_with_values(
    engine: ValueEngine,
    tokenizer: Tokenizer,
    records: Sequence[Record],
    responses: Sequence[str],
    progress: Task | None = None,
) -> tuple[list[Verdict], list[float]]:
    """Right where the log-odds are positive; and the log-odds. What does not fit gets an `error`, and NaN."""
    prompts = _prompts(tokenizer, records, responses)
    fitting = [i for i, ids in enumerate(prompts) if len(ids) <= engine.max_model_len]
    if progress is not None:
        progress.advance(len(prompts) - len(fitting))
    values = [float("nan")] * len(prompts)
    verdicts = [_too_long(ids) for ids in prompts]
    for i, value in zip(fitting, engine.values([prompts[i] for i in fitting], progress), strict=True):
        values[i] = value
        why = f"log-odds {value:.2f}"
        verdicts[i] = Verdict.correct(why) if value > 0 else Verdict.wrong(why)
    return verdicts, values


def _prompts(tokenizer: Tokenizer, records: Sequence[Record], responses: Sequence[str]) -> list[list[int]]:
    return [
        judge_prompt(str(record["question"]), str(record["answer"]), response, tokenizer)
        for record, response in zip(records, responses, strict=True)
    ]


def _too_long(ids: Sequence[int]) -> Verdict:
    return Verdict.error(f"{len(ids)} tokens are too many for the judge")
