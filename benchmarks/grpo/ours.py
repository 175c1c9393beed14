"""k15's side of the comparison: iterations of `RLRun` as params.yaml configures stage `rl`, in other sizes.

Each includes what no run of k15 goes without and TRL's side does: a checked hand-over of the weights, log-probabilities
of the reference policy and the mismatch gate, and a checkpoint with all trajectories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.grpo.reward import reward
from benchmarks.setting import SEED, Setting
from k15.artifacts import Producer
from k15.model.vlm import VisionLanguageModel
from k15.params import load_params
from k15.progress import Progress
from k15.rewards import VERIFIERS, Verdict
from k15.rl.loop import RLRun, open_engine
from k15.rl.params import RLParams
from k15.rl.trajectory import RLPrompt
from k15.rollout.params import EngineParams
from stages.rl.params import RLStageParams

NEVER = 10**6
_VERIFIER = "parity"


def our_params(prompts: int, group_size: int, max_tokens: int, lr: float) -> RLParams:
    """Section `rl` in the sizes of the comparison, without held-out validation, which TRL's side has not either."""
    given = load_params(RLStageParams, "rl", Path(".")).model_dump()
    sizes = {"prompts_per_iteration": prompts, "group_size": group_size, "max_tokens": max_tokens}
    plain = {"seed": SEED, "iterations": NEVER, "partial": None, "rounds": None, "record_every": None}
    changed = {
        "optimizer": given["optimizer"] | {"lr": lr},
        "validation": given["validation"] | {"every": NEVER, "choose": "last"},
    }
    return RLStageParams(**given | sizes | plain | changed)


@contextmanager
def our_iteration(
    setting: Setting, model: VisionLanguageModel, prompts: Sequence[list[int]], params: RLParams
) -> Iterator[Callable[[], dict[str, float]]]:
    """A function that runs the next iteration and returns its figures."""
    record = {"verifier": _VERIFIER, "answer": ""}
    drawn = [RLPrompt(str(number), ids, (), record, 0.5) for number, ids in enumerate(prompts)]
    settings = load_params(EngineParams, "engine", Path("."))
    producer = Producer("benchmark", params.model_dump())
    progress = Progress()
    VERIFIERS[_VERIFIER] = _verify
    with ExitStack() as stack:
        stack.callback(VERIFIERS.pop, _VERIFIER)
        state = Path(stack.enter_context(TemporaryDirectory()))
        engine = stack.enter_context(open_engine(params, settings, setting.hf.parent, model, progress))
        run = RLRun(params, model, setting.tokenizer, drawn, engine, state, progress, producer)
        stack.callback(run.rollouts.close)
        numbers = iter(range(1, NEVER))  # iteration 0 would begin with a validation
        yield lambda: _figures(run, next(numbers))


def _figures(run: RLRun, number: int) -> dict[str, float]:
    row = run.iterate(number)
    seconds = run.saved.seconds[-1]
    return {
        "generating": seconds["rollout"],
        "training": seconds["update"],
        "tokens": row["length"] * row["responses"],
    }


def _verify(records: Sequence[Mapping[str, Any]], responses: Sequence[str], mode: str) -> list[Verdict]:
    return [Verdict.correct("odd") if reward(text) else Verdict.wrong("even") for text in responses]
