"""What the stages `rl` and `long2short rl` have in common: a policy, prompts and inputs in; what was learnt out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k15.model import checkpoint, parallel
from k15.model.vlm import VisionLanguageModel
from k15.rl.loop import RLRun, open_engine
from k15.rl.params import RLParams
from k15.rl.ranks import from_leader
from k15.rl.recording import Recorder
from k15.rl.summary import with_sampling
from k15.rl.trajectory import RLPrompt
from k15.rollout.params import EngineParams
from k15.stage import Context
from k15.tokenizer import Tokenizer


@dataclass(frozen=True)
class Learnt:
    """A finished run, whose model is the chosen one, and its tokenizer."""

    run: RLRun
    tokenizer: Tokenizer

    def figures(self) -> dict[str, Any]:
        """The stage's metrics."""
        rows = self.run.rows
        names = ("heldout_accuracy", "heldout_length", "accuracy", "length", "truncated")
        return {
            "prompts": len(self.run.prompts),
            "responses": sum(row["responses"] for row in rows),
            "unjudged": sum(row["unjudged"] for row in rows),
            "first": {name: rows[0][name] for name in names if name in rows[0]},
            "last": {name: rows[-1][name] for name in (*names, "mismatch")},
            "max_mismatch": max(row["mismatch"] for row in rows),
        }

    def publish(self, ctx: Context, place: Path) -> None:
        """The model as the artifact at `place`, the curve as the plot, the seconds of the phases. Collective."""
        run = self.run
        checkpoint.publish(place, run.model, self.tokenizer, run.chosen, run.checkpoints.producer)
        ctx.publish_plot("training", with_sampling(run.rows, run.saved.sampling))
        ctx.publish_seconds(run.saved.seconds)


def learn(
    params: RLParams,
    ctx: Context,
    start: Path,
    inputs: list[Path],
    prompts_of: Callable[[Tokenizer, VisionLanguageModel], list[RLPrompt]],
) -> Learnt:
    """RL from the checkpoint at `start`, on the prompts made of `inputs`. Collective."""
    parents = [start, *inputs]
    parallel.initialize(params.tensor_parallel)
    state = from_leader(lambda: ctx.resumable(params, parents))
    settings = ctx.params(EngineParams, "engine")
    model, tokenizer = checkpoint.load(start, params.tensor_parallel)
    prompts, producer = prompts_of(tokenizer, model), ctx.producer(params, parents)
    with open_engine(params, settings, start, model, ctx.progress) as engine:
        recorder = Recorder.of(ctx.recordings, params, settings, tokenizer, prompts, producer)
        run = RLRun(params, model, tokenizer, prompts, engine, state, ctx.progress, producer, recorder)
        run.run(ctx.name)
    return Learnt(run, tokenizer)
