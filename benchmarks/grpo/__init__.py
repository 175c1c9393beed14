"""Whole RL iterations per second: k15's `RLRun` against TRL's `GRPOTrainer`, on CPU.

The same on both sides: the decoder of params.yaml's model with the same random weights (their log-probabilities must
agree), float32, the prompts as the same token ids, group size, response limit, temperature, end tokens, optimizer steps
and responses an iteration, learning rate, threads. TRL runs in an environment of its own (`requirements.txt`) with
`transformers` generation, twice: configured for this as well as we could (an iteration in one batch, no reference
model, gradient checkpointing, logging, evaluation or checkpoints), and with its defaults (a prompt a step, bfloat16,
gradient checkpointing), which is what a user gets who sets the model, the group size and the limit. Smaller
microbatches made no difference, its continuous batching took several times longer, and we did not get its vLLM mode
to run on CPU (the engine did not come up with torch.compile; without, the transfer of weights failed). k15 runs as
params.yaml says, all of a run's checks and checkpoints included.

Not the same: the objective (eq. 3 against GRPO's clipped ratio), and single responses: each side draws its own, which
end by chance (at about one token in 256) or at the limit, and the printed mean lengths are to be alike. The learning
rate is so small that lengths stay what they are.
Not compared: learning, verifiers (the reward is one cheap function of the text), pictures, partial rollouts (off: TRL
has none), trained models, which end their responses sooner, and GPUs, where TRL generates with vLLM.

Both sides take turns; seconds are wall clock, from the word to begin until the side stands before the next iteration.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.grpo.opponent import Opponent, opponent
from benchmarks.grpo.ours import our_iteration, our_params
from benchmarks.setting import SEED, Setting
from k15.model.vlm import VisionLanguageModel, build
from k15.training.batch import Batch
from k15.training.trainer import logprobs

PROMPTS = 40
GROUP_SIZE = 8
LIMITS = (64, 384)
"""Response limits in tokens: a short one, and that of the stage `rl`."""
LEARNING_RATE = 1e-6
REPETITIONS = 3
SEQUENCE = 128
TOLERANCE = 1e-3
_QUIET_S = 0.5
"""Between turns: OpenMP's threads spin for a while after their work, on the cores of the other side."""


@dataclass(frozen=True)
class Turn:
    seconds: float
    generating: float
    training: float
    tokens: float


def measure(setting: Setting) -> None:
    for limit in LIMITS:
        for tuned in (True, False):
            _measure(setting, limit, tuned)


def _measure(setting: Setting, limit: int, tuned: bool) -> None:
    model = build(setting.model.shape, SEED)  # the weights of the export, whatever was trained in this process
    problems = setting.problems[:: len(setting.problems) // PROMPTS][:PROMPTS]
    prompts = [setting.tokenizer.encode_prompt(problem.question) for problem in problems]
    params = our_params(PROMPTS, GROUP_SIZE, limit, LEARNING_RATE)
    sequence = setting.tokenizer.encode(problems[0].question + problems[0].long)[:SEQUENCE]
    spec: dict[str, Any] = {
        "seed": SEED,
        "prompts": [setting.tokenizer.decode(ids, skip_special=False) for ids in prompts],
        "prompt_ids": prompts,
        "sequence": sequence,
        "group_size": GROUP_SIZE,
        "max_tokens": limit,
        "temperature": params.temperature,
        "minibatches": params.minibatches,
        "microbatch_rows": PROMPTS * GROUP_SIZE // params.minibatches,
        "lr": LEARNING_RATE,
        "tuned": tuned,
    }
    with our_iteration(setting, model, prompts, params) as ours, opponent(setting.hf, spec) as trl:
        _require_same_model(model, sequence, trl)
        _turn(ours), _turn(trl.iteration)
        turns = [(_turn(ours), _turn(trl.iteration)) for _ in range(REPETITIONS)]
    against = "TRL configured for this" if tuned else "TRL's defaults"
    report(f"grpo, at most {limit} tokens a response, {against}", turns)


def _require_same_model(model: VisionLanguageModel, sequence: list[int], trl: Opponent) -> None:
    tokens = torch.tensor([sequence])
    with torch.no_grad():
        own = logprobs(model, Batch(tokens[:, :-1], tokens[:, 1:]))[0]
    difference = (own - torch.tensor(trl.logprobs)).abs().max().item()
    if not difference <= TOLERANCE:
        raise RuntimeError(f"not the same model: log-probabilities differ by {difference}")


def _turn(iteration: Callable[[], dict[str, float]]) -> Turn:
    time.sleep(_QUIET_S)
    started = time.perf_counter()
    figures = iteration()
    return Turn(time.perf_counter() - started, **figures)


def report(what: str, turns: list[tuple[Turn, Turn]]) -> None:
    for name, side in zip(("k15", "TRL"), zip(*turns, strict=True), strict=True):
        seconds, generating, training, tokens = (
            statistics.median(getattr(turn, part) for turn in side)
            for part in ("seconds", "generating", "training", "tokens")
        )
        print(
            f"{what}: {name} {1 / seconds:.3f} iterations/s ({seconds:.1f} s: generation {generating / seconds:.0%}, "
            f"training {training / seconds:.0%}; {tokens / PROMPTS / GROUP_SIZE:.0f} tokens a response)"
        )
    ratios = [trl.seconds / k15.seconds for k15, trl in turns]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} repetitions"
    print(f"{what}: ratio {statistics.median(ratios):.2f} ({spread})", flush=True)
