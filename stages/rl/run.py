"""Stage `rl` (§2.3): from the long-CoT warm-up model and the curated prompts to the long-CoT policy.

Writes `artifacts/rl/model` and every response of the completed groups in `artifacts/rl/trajectories`; the curve
(accuracy, length, mismatch by iteration) is the stage's plot.
"""

from __future__ import annotations

from typing import Any

from k15.artifacts import write_dataset
from k15.model.vlm import VisionLanguageModel
from k15.ranks import leads
from k15.rl.code_prompts import load_code_prompts
from k15.rl.rollouts import load_prompts
from k15.rl.stage import learn
from k15.rl.trajectory import RLPrompt
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.rl.params import RLStageParams


def run(params: RLStageParams, ctx: Context) -> dict[str, Any]:
    prompt_set = ctx.artifact("prompts")
    problems, cases = ctx.artifact("test_cases/problems"), ctx.artifact("test_cases/cases")

    def prompts_of(tokenizer: Tokenizer, model: VisionLanguageModel) -> list[RLPrompt]:
        prompts = load_prompts(prompt_set, tokenizer)
        if params.code_problems:
            prompts += load_code_prompts(problems, cases, tokenizer, model.shape.max_length)
        return prompts

    learnt = learn(params, ctx, ctx.artifact("sft/long"), [prompt_set, problems, cases], prompts_of)
    if leads():
        producer = learnt.run.checkpoints.producer
        write_dataset(ctx.artifact("rl/trajectories"), "trajectory", learnt.run.trajectories(), producer=producer)
    learnt.publish(ctx, ctx.artifact("rl/model"))
    return learnt.figures()


STAGE = Stage("rl", RLStageParams, run, sections=("engine",), ranks=lambda params, _: params.ranks)
