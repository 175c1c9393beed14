"""Every checkpoint of the recipe answers every suite; figures and samples are kept.

One engine serves all checkpoints of one shape (see `k15.evaluation.generation`). The verdicts are the
rewards' own, in the reading that also suits models which were not trained to box (`mode="eval"`). A killed
run goes on with the checkpoint that it was at.
"""

from dataclasses import dataclass
from pathlib import Path

from k15.artifacts import read_rows, verify, write_dataset
from k15.evaluation.benchmarks import read_benchmark
from k15.evaluation.generation import Examiner
from k15.evaluation.items import Suite
from k15.evaluation.params import BenchmarksParams
from k15.evaluation.scoring import Figures, Row, score_rows, summarize, unscored
from k15.evaluation.suites import blank_twins, check_names, family_suites, needle_suites, pools, suite_of
from k15.rollout.params import EngineParams
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.evaluate.params import Evaluate

BASE = {"pretrain": "pretrain", "vision_language": "vision_language", "long_context": "long_context"}
CHECKPOINTS = {
    **BASE,
    "sft": "sft/long",
    "sft.short": "sft/short",
    "rl": "rl/model",
    "long2short.merge": "long2short/merge",
    "long2short.rejection": "long2short/rejection",
    "long2short.dpo": "long2short/dpo",
    "long2short.rl": "long2short/rl",
}
"""Artifact of every checkpoint."""
SAMPLES = "evaluate"


@dataclass(frozen=True)
class Asked:
    suite: Suite
    base_problems: int
    """How many of its problems the checkpoints before SFT are asked."""


def run(params: Evaluate, ctx: Context) -> dict[str, dict[str, Figures]]:
    settings = ctx.params(EngineParams, "engine")
    artifacts = {name: ctx.artifact(path) for name, path in CHECKPOINTS.items()}
    for path in artifacts.values():
        verify(path, "checkpoint")
    tokenizer = Tokenizer.load(artifacts["pretrain"] / "tokenizer")
    asked = build_suites(params, ctx.params(BenchmarksParams, "benchmarks"), tokenizer, ctx.root)
    check_names([one.suite for one in asked])
    parents = list(artifacts.values())
    producer = ctx.producer(params, parents)
    state = ctx.resumable(params, parents)
    rows: list[Row] = []
    with examiner_of(params, settings, tokenizer) as examiner, ctx.progress.task("evaluate", len(artifacts)) as task:
        for name, path in artifacts.items():
            kept = state / name
            if not (kept / "manifest.json").exists():
                suites = [one.suite.head(one.base_problems) if name in BASE else one.suite for one in asked]
                scored = score_rows(examiner.ask(name, path, suites))
                write_dataset(kept, "sample", scored, producer=producer)
            rows += read_rows(kept, "sample")
            task.advance()
    write_dataset(ctx.artifact(SAMPLES), "sample", rows, producer=producer)
    for (suite, reason), count in unscored(rows).items():
        ctx.progress.log(f"{suite}: {count} samples of all checkpoints left out ({reason})")
    return summarize(rows, pools())


def examiner_of(params: Evaluate, settings: EngineParams, tokenizer: Tokenizer) -> Examiner:
    return Examiner(tokenizer, params.max_model_len, settings, params.seed)


def build_suites(params: Evaluate, published: BenchmarksParams, tokenizer: Tokenizer, root: Path) -> list[Asked]:
    asked = []
    for vision, families in ((False, params.text), (True, params.vision)):
        suites = family_suites(vision, families.problems, params.seed, families)
        asked += [Asked(suite, families.base_problems) for suite in [*suites, *blank_twins(suites)]]
    needle = params.needle
    suites = needle_suites(needle.lengths, needle.depths, needle.problems, params.seed, tokenizer, needle)
    for benchmark in published.sets:
        items = read_benchmark(benchmark.name, benchmark.format, root / benchmark.path, benchmark.limit)
        suite = suite_of(benchmark.name, items, benchmark)
        suites += [suite, *blank_twins([suite])]
    return asked + [Asked(suite, len(suite.items)) for suite in suites]


STAGE = Stage("evaluate", Evaluate, run, sections=("engine", "benchmarks"))
