"""Stage `rl` (§2.3): from the long-CoT warm-up model and the curated prompts to the long-CoT policy.

Writes `artifacts/rl/model` and every response of the completed groups in `artifacts/rl/trajectories`; the curve
(accuracy, length, mismatch by iteration) is the stage's plot.
"""

from __future__ import annotations

from typing import Any

from k15.artifacts import write_dataset
from k15.model import checkpoint, parallel
from k15.ranks import leads
from k15.rl.code_prompts import load_code_prompts
from k15.rl.loop import RLRun, open_engine
from k15.rl.ranks import from_leader
from k15.rl.recording import Recorder
from k15.rl.rollouts import load_prompts
from k15.rl.summary import with_sampling
from k15.rollout.params import EngineParams
from k15.stage import Context, Stage
from stages.rl.params import RLStageParams


def run(params: RLStageParams, ctx: Context) -> dict[str, Any]:
    start, prompt_set = ctx.artifact("sft/long"), ctx.artifact("prompts")
    problems, cases = ctx.artifact("test_cases/problems"), ctx.artifact("test_cases/cases")
    parents = [start, prompt_set, problems, cases]
    parallel.initialize(params.tensor_parallel)
    state = from_leader(lambda: ctx.resumable(params, parents))
    settings = ctx.params(EngineParams, "engine")
    model, tokenizer = checkpoint.load(start, params.tensor_parallel)
    prompts = load_prompts(prompt_set, tokenizer)
    if params.code_problems:
        prompts += load_code_prompts(problems, cases, tokenizer, model.shape.max_length)
    producer = ctx.producer(params, parents)
    with open_engine(params, settings, start, model, ctx.progress) as engine:
        recorder = Recorder.of(ctx.recordings, params, settings, tokenizer, prompts, producer)
        rl = RLRun(params, model, tokenizer, prompts, engine, state, ctx.progress, producer, recorder)
        rows = rl.run("rl")
    if leads():
        write_dataset(ctx.artifact("rl/trajectories"), "trajectory", rl.trajectories(), producer=producer)
    checkpoint.publish(ctx.artifact("rl/model"), model, tokenizer, rl.chosen, producer)
    ctx.publish_plot("training", with_sampling(rows, rl.saved.sampling))
    ctx.publish_seconds(rl.saved.seconds)
    heldout = ("heldout_accuracy", "heldout_length")
    return {
        "prompts": len(prompts),
        "responses": sum(row["responses"] for row in rows),
        "unjudged": sum(row["unjudged"] for row in rows),
        "first": {name: rows[0][name] for name in ("accuracy", "length", *heldout)},
        "last": {name: rows[-1][name] for name in (*heldout, "accuracy", "length", "mismatch", "truncated")},
        "max_mismatch": max(row["mismatch"] for row in rows),
    }


STAGE = Stage("rl", RLStageParams, run, sections=("engine",), ranks=lambda params, _: params.ranks)
