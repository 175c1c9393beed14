"""Both reward models' judgements of the held-out answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from k15.judging.answers import Judged
from k15.judging.scoring import score_with_reasoning, score_with_values
from k15.progress import Progress
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Sampling
from k15.rollout.value_engine import ValueEngine
from k15.seeds import derive
from k15.tokenizer import Tokenizer
from stages.reward_model.params import RewardModelParams
from stages.reward_model.table import Row


def judge(
    params: RewardModelParams,
    settings: EngineParams,
    classic: Path,
    cot: Path,
    tokenizer: Tokenizer,
    answers: Sequence[Judged],
    progress: Progress,
) -> list[Row]:
    """One row an answer; `classic` and `cot` are exports."""
    records = [{"question": a.question, "answer": a.reference} for a in answers]
    responses = [a.response for a in answers]
    room: dict[str, Any] = {"max_model_len": params.length, "params": settings, "seed": params.seed}
    with ValueEngine(classic, **room) as valuer, progress.task("classic judgements", len(answers)) as bar:
        valued, values = score_with_values(valuer, tokenizer, records, responses, bar)
    sampling = Sampling(
        params.judgements, params.temperature, params.max_tokens, seed=derive(params.seed, "judgements")
    )
    with Engine(cot, **room) as reasoner, progress.task("cot judgements", len(answers)) as bar:
        reasoned, texts = score_with_reasoning(reasoner, tokenizer, records, responses, sampling, bar)
    return [
        {
            "question": answer.question,
            "reference": answer.reference,
            "response": answer.response,
            "form": answer.form,
            "label": "correct" if answer.correct else "wrong",
            "classic": first.verdict,
            "log_odds": value,
            "cot": second.verdict,
            "judgements": judgements,
        }
        for answer, first, value, second, judgements in zip(answers, valued, values, reasoned, texts, strict=True)
    ]
