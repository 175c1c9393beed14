"""Stage `prompts`: the RL prompt set (§2.1).

Candidates are excluded by rule, measured with the SFT model, and dropped where they are trivial or can be
guessed without a chain of thought; what remains is labelled by difficulty and balanced over disciplines and labels.
Every candidate is in the output, the dropped ones with their reason. Beside it: test cases for code problems (§2.3.5).

Does not estimate more than the samples allow: a pass rate of ten samples is known to about ±0.15.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from k15 import artifacts
from k15.errors import UserError
from k15.evaluation.guarded import guarded
from k15.evaluation.params import BenchmarksParams
from k15.model.config import ModelConfig
from k15.progress import Progress
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Sampling
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.prompts import test_cases
from stages.prompts.balance import surplus
from stages.prompts.candidates import Candidate, candidates, heldout
from stages.prompts.measure import Guesses, PassRate, guess_hits, pass_rates, prompt_ids
from stages.prompts.params import PromptsParams
from stages.prompts.rules import contaminated, reasons_before_sampling

POLICY = "sft/long"


@dataclass
class Measured:
    """What is known about the candidates so far, by their position in `items`."""

    items: list[Candidate]
    reasons: dict[int, str]
    rates: dict[int, PassRate] = field(default_factory=dict)
    guesses: dict[int, Guesses] = field(default_factory=dict)

    def left(self) -> list[int]:
        return [index for index in range(len(self.items)) if index not in self.reasons]

    def drop(self, reason: str, condition: Callable[[int], bool]) -> None:
        self.reasons.update({index: reason for index in self.left() if condition(index)})


def run(params: PromptsParams, context: Context) -> dict[str, Any]:
    settings = context.params(EngineParams, "engine")
    policy = context.artifact(POLICY)
    artifacts.verify(policy, "checkpoint")
    tokenizer = Tokenizer.load(policy / "tokenizer")
    found = candidates(params, context.root)
    measured = Measured(found, reasons_before_sampling(found, heldout(params)))
    benchmarks = context.params(BenchmarksParams, "benchmarks")
    hits = contaminated(found, guarded(benchmarks, context.root), benchmarks.decontamination)
    measured.drop("contaminated", lambda index: index in hits)
    widening = ModelConfig.load(policy / "model.json").image_tokens - 1
    lengths = [len(prompt_ids(tokenizer, item)) + widening * len(item.images) for item in found]
    measured.drop("too-long", lambda index: lengths[index] + params.max_tokens > params.max_model_len)
    context.progress.log(f"{len(found)} candidates, {len(measured.left())} pass the rules")
    if measured.left():
        with Engine(policy / "hf", max_model_len=params.max_model_len, params=settings) as engine:
            _sample(params, engine, tokenizer, measured, context.progress)
    _balance(params, measured)
    metrics = summary(params, measured)
    if not metrics["kept"]:
        raise UserError(
            f"prompts: none of {len(found)} candidates is left ({metrics['reasons']}); "
            "add or harden families or sources"
        )
    rows = (_row(params, measured, index) for index in range(len(found)))
    artifacts.write_dataset(context.artifact("prompts"), "prompt", rows, producer=context.producer(params, [policy]))
    context.publish_plot("pass_rates", [{"pass_rate": k, "prompts": v} for k, v in metrics["pass_rates"].items()])
    return metrics | {"test_cases": test_cases.make(params, settings, context, policy)}


def _sample(
    params: PromptsParams, engine: Engine, tokenizer: Tokenizer, measured: Measured, progress: Progress
) -> None:
    """Pass rates of what the rules left; guesses for what is not trivial.

    A prompt without a right guess but with one that got no verdict is dropped as "unjudged": whoever cannot show that
    a prompt withstands guessing does without it.
    """
    left = measured.left()
    items = [measured.items[index] for index in left]
    sampling = _sampling(params, "pass_rate", params.samples, params.max_tokens)
    with progress.task("pass rate", len(items)) as task:
        rates = pass_rates(engine, tokenizer, items, sampling, task)
    measured.rates.update(zip(left, rates, strict=True))
    measured.drop("unjudged", lambda index: measured.rates[index].judged == 0)
    measured.drop("trivial", lambda index: measured.rates[index].value >= params.trivial_from)
    left = measured.left()
    items = [measured.items[index] for index in left]
    if params.guess_tries and items:
        sampling = _sampling(params, "guess", params.guess_tries, params.guess_tokens)
        with progress.task("guess", len(items)) as task:
            guesses = guess_hits(engine, tokenizer, items, sampling, task)
        measured.guesses.update(zip(left, guesses, strict=True))
        measured.drop("guessed", lambda index: measured.guesses[index].hits > 0)
        measured.drop("unjudged", lambda index: measured.guesses[index].unjudged > 0)


def _sampling(params: PromptsParams, name: str, n: int, max_tokens: int) -> Sampling:
    seed = derive(params.seed, name)
    return Sampling(n=n, temperature=params.temperature, max_tokens=max_tokens, seed=seed)


def _balance(params: PromptsParams, measured: Measured) -> None:
    left = measured.left()
    cells = [(measured.items[index].discipline, label(params, measured.rates[index].value)) for index in left]
    excess = surplus(cells, (params.max_share, params.max_label_share), derive(params.seed, "balance"))
    dropped = {left[position] for position in excess}
    measured.drop("balance", lambda index: index in dropped)


def label(params: PromptsParams, pass_rate: float) -> str:
    """The curriculum's difficulty label."""
    if pass_rate >= params.easy_from:
        return "easy"
    return "medium" if pass_rate >= params.medium_from else "hard"


def _row(params: PromptsParams, measured: Measured, index: int) -> dict[str, Any]:
    item = measured.items[index]
    rate, hits = measured.rates.get(index, PassRate(0, 0)), measured.guesses.get(index, Guesses(0, 0)).hits
    return {
        "id": item.id,
        "family": item.family,
        "domain": item.domain,
        "difficulty": item.difficulty,
        "question": item.question,
        "answer": item.answer,
        "verifier": item.verifier,
        "spec": item.spec,
        "images": list(item.images),
        "split": "train",
        "pass_rate": rate.value,
        "samples": rate.judged,
        "guessed": hits > 0,
        "guess_hits": hits,
        "label": label(params, rate.value),
        "tags": [f"domain:{item.domain}", f"discipline:{item.discipline}"],
        "kept": index not in measured.reasons,
        "reason": measured.reasons.get(index, ""),
    }


def summary(params: PromptsParams, measured: Measured) -> dict[str, Any]:
    """The funnel, the pass rates of all sampled candidates, and what the kept set consists of."""
    kept = [measured.items[index] for index in measured.left()]
    rates = [round(rate.value, 1) for rate in measured.rates.values() if rate.judged]
    histogram = Counter(f"{rate:.1f}" for rate in rates)
    return {
        "candidates": len(measured.items),
        "kept": len(kept),
        "reasons": _counts(measured.reasons.values()),
        "sampled": len(rates),
        "pass_rate": sum(rate.value for rate in measured.rates.values()) / max(1, len(rates)),
        "pass_rates": {f"{tenth / 10:.1f}": histogram[f"{tenth / 10:.1f}"] for tenth in range(11)},
        "guess_tried": len(measured.guesses),
        "labels": _counts(label(params, measured.rates[index].value) for index in measured.left()),
        "families": _counts(item.family for item in kept),
        "domains": _counts(item.domain for item in kept),
        "disciplines": _counts(item.discipline for item in kept),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


STAGE = Stage("prompts", PromptsParams, run, sections=("engine", "benchmarks"))
