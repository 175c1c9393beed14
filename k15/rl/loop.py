"""Synchronous RL iterations (§2.6): sync weights, roll out, judge, train; resumable after any of them.

Guarantees: the optimizer is empty at the start of every iteration; after each weight sync engine and trainer hold the
same bytes (SHA-256 per tensor); a killed run continues at the iteration after its last saved one and ends with the
same weights and trajectories as an uninterrupted one (CPU).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import Field

from k15 import tasks
from k15.errors import UserError
from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.params import Params
from k15.progress import Progress
from k15.rl.objective import Baseline
from k15.rl.rollouts import Group, RLPrompt, add_length_reward, collect
from k15.rl.sampler import PromptSampler, SamplerParams
from k15.rl.update import minibatch_steps, prepare, set_reference
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.replicas import ReplicatedEngine
from k15.rollout.types import Sampling
from k15.rollout.weights import tensor_digest
from k15.seeds import derive
from k15.tokenizer import Tokenizer
from k15.training.trainer import OptimizerParams, Trainer, save_atomically

Row = dict[str, Any]


class RLParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    iterations: int = Field(ge=1)
    prompts_per_iteration: int = Field(ge=1)
    group_size: int = Field(ge=2)
    """Responses a prompt (k); with one there is nothing to compare."""
    replicas: int = Field(ge=1)
    """Engines that share the prompts of a rollout, all but the first in processes of their own: each takes the memory
    that section `engine` gives. Other numbers give other samples. Worth it for small models on several cores."""
    max_tokens: int = Field(ge=1)
    temperature: float = Field(gt=0)
    tau: float = Field(gt=0)
    baseline: Baseline
    minibatches: int = Field(ge=1)
    optimizer: OptimizerParams
    freeze_vision: bool
    """Leave tower and projector as SFT made them: Adam, empty again every iteration, moves every weight by about the
    learning rate however little the few pictures of a minibatch say about it."""
    length_weight: float = Field(ge=0)
    length_warmup: int = Field(ge=0)
    """Iterations without the length reward."""
    sampler: SamplerParams
    token_budget: int = Field(ge=64)
    """Padded tokens of a training microbatch."""
    mismatch_limit: float = Field(gt=0)
    """Mean |log-prob difference| between trainer and engine at which the stage refuses to go on."""
    probe_every: int = Field(ge=1)
    probe_problems: int = Field(ge=1)
    """Held-out problems of every family whose accuracy and length the curve shows."""


def open_engine(params: RLParams, settings: EngineParams, start: Path, model: VisionLanguageModel) -> Engine:
    """The engine of a run that starts from the checkpoint at `start`."""
    return ReplicatedEngine(
        start / "hf",
        max_model_len=model.shape.max_length,
        params=settings,
        seed=params.seed,
        replicas=params.replicas,
    )


class RLRun:
    """The state of one run and its iterations."""

    def __init__(
        self,
        params: RLParams,
        model: VisionLanguageModel,
        tokenizer: Tokenizer,
        prompts: Sequence[RLPrompt],
        engine: Engine,
        state: Path,
        progress: Progress,
    ) -> None:
        self.params, self.model, self.tokenizer, self.prompts = params, model, tokenizer, prompts
        self.engine, self.state, self.progress = engine, state, progress
        self.trainer = Trainer(model, params.optimizer, ("language.",) if params.freeze_vision else ("",))
        self.sampler = PromptSampler([p.pass_rate for p in prompts], params.sampler, params.seed)
        self.probe = _probe(params, tokenizer)
        self.rows: list[Row] = []

    def run(self, label: str) -> list[Row]:
        """All iterations; the curve, one row an iteration.

        `heldout_*` show the policy before its row's iteration, every `probe_every` iterations; those of the last row
        (with one iteration: the only one) show the final policy.
        """
        self._resume()
        with self.progress.task(label, self.params.iterations) as bar:
            bar.advance(len(self.rows))
            for iteration in range(len(self.rows), self.params.iterations):
                row = self._iterate(iteration)
                self.rows.append(row)
                self._save()
                bar.advance(accuracy=row["accuracy"], length=row["length"], mismatch=row["mismatch"])
        self._sync()
        self.rows[-1] |= self._measure()
        return self.rows

    def _iterate(self, iteration: int) -> Row:
        params = self.params
        self._sync()
        row: Row = {"iteration": iteration + 1}
        last = iteration + 1 == params.iterations  # measured after its update instead
        if iteration % params.probe_every == 0 and not last:
            row |= self._measure()
        indices = self.sampler.draw(iteration, params.prompts_per_iteration)
        sampling = Sampling(
            params.group_size,
            params.temperature,
            params.max_tokens,
            seed=derive(params.seed, "rollout", iteration),
            logprobs=True,
        )
        groups = collect(self.engine, self.prompts, indices, sampling, self.tokenizer)
        judged = [g for g in groups if g.responses]
        self.sampler.update({g.index: g.success for g in judged})
        if iteration >= params.length_warmup and params.length_weight:
            add_length_reward(judged, params.length_weight)
        row |= self._train(iteration, judged) | _summary(groups)
        self._keep(iteration, groups)
        return row

    def _train(self, iteration: int, groups: list[Group]) -> Row:
        params = self.params
        prepared = prepare(groups, params.baseline, params.tau, self.model.shape.image_tokens)
        if not prepared:  # every group agrees with itself: nothing to learn in this iteration
            return {"mismatch": 0.0, "loss": 0.0, "grad_norm": 0.0, "groups": 0}
        flat = [row for group in prepared for row in group]
        mismatch = set_reference(self.model, flat, params.token_budget)
        if not mismatch <= params.mismatch_limit:  # NaN is refused too
            raise UserError(
                f"engine and trainer disagree by {mismatch:.4f} a token (limit {params.mismatch_limit}) in iteration "
                f"{iteration + 1}; the rollouts are not the policy's: check the weight sync"
            )
        self.trainer.reset_optimizer()
        lr = params.optimizer.lr_at(iteration, params.iterations)
        seed = derive(params.seed, "minibatches", iteration)
        steps = minibatch_steps(self.trainer, prepared, params.minibatches, params.tau, lr, params.token_budget, seed)
        return {
            "mismatch": round(mismatch, 7),
            "loss": round(steps[-1]["loss"], 5),
            "grad_norm": round(sum(s["grad_norm"] for s in steps) / len(steps), 4),
            "groups": len(prepared),
        }

    def _sync(self) -> None:
        tensors = checkpoint.hf_state(self.model)
        self.engine.update_weights(tensors)
        held = self.engine.weight_digests()
        for name, tensor in tensors.items():
            if name in held and held[name] != tensor_digest(tensor):
                raise UserError(f"the engine holds other weights than the trainer in {name}; rerun the stage")

    def _measure(self) -> Row:
        """Accuracy and length on held-out problems, one sample each."""
        sampling = Sampling(1, self.params.temperature, self.params.max_tokens, seed=derive(self.params.seed, "probe"))
        groups = collect(self.engine, self.probe, range(len(self.probe)), sampling, self.tokenizer)
        return {f"heldout_{name}": _summary(groups)[name] for name in ("accuracy", "length")}

    def _keep(self, iteration: int, groups: list[Group]) -> None:
        rows = [
            {
                "prompt_id": g.prompt.id,
                "group": number,
                "sample": i,
                "iteration": iteration,
                "prompt_ids": g.prompt.ids,
                "response_ids": r.sample.ids,
                "logprobs": r.sample.logprobs,
                "policy_version": iteration,
                "finish_reason": r.sample.finish_reason,
                "text": r.text,
                "reward": r.reward,
                "verdict": r.verdict,
            }
            for number, g in enumerate(groups)
            for i, r in enumerate([*g.responses, *g.unjudged])
        ]
        save_atomically(rows, self.state / "trajectories" / f"{iteration:05d}.pt")

    def trajectories(self) -> list[Row]:
        """Every response of every iteration; those without a verdict with reward NaN, the last of their group."""
        files = [self.state / "trajectories" / f"{i:05d}.pt" for i in range(len(self.rows))]
        return [row for file in files for row in torch.load(file)]

    def _save(self) -> None:
        self.trainer.save(self.state / "rl.pt", rows=self.rows, success=self.sampler.success)

    def _resume(self) -> None:
        file = self.state / "rl.pt"
        if file.exists():
            saved = self.trainer.load(file)
            self.rows, self.sampler.success = saved["rows"], saved["success"]
            self.progress.log(f"resumed at iteration {len(self.rows)} of {self.params.iterations}")


def _probe(params: RLParams, tokenizer: Tokenizer) -> list[RLPrompt]:
    return [
        RLPrompt(
            p.id,
            tokenizer.encode_prompt(p.question, len(p.images)),
            p.images,
            {"verifier": p.verifier, "answer": p.answer},
        )
        for family in tasks.FAMILIES
        for p in tasks.generate(family, "heldout", params.probe_problems, derive(params.seed, "probe"))
    ]


def _summary(groups: Sequence[Group]) -> Row:
    """Means over the judged responses, and how many there are in all and without a verdict."""
    unjudged = sum(len(g.unjudged) for g in groups)
    responses = [r for g in groups for r in g.responses]
    count = len(responses)
    return {
        "accuracy": round(sum(r.correct for r in responses) / count, 4),
        "reward": round(sum(r.reward for r in responses) / count, 4),
        "length": round(sum(len(r.sample.ids) for r in responses) / count, 2),
        "truncated": round(sum(r.sample.finish_reason == "length" for r in responses) / count, 4),
        "responses": count + unjudged,
        "unjudged": unjudged,
    }
