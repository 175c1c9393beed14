"""Synchronous RL iterations (§2.6): hand the weights over, roll out, judge, train; resumable after any of them.

Guarantees: the optimizer is empty at the start of every iteration; engines and trainer hold the same bytes when a
rollout begins; a killed run goes on from the iteration after its last saved one and ends with the same weights,
trajectories and curve as one that was never killed (on CPU, unless an engine was lost). With several trainer ranks
the first leads.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from k15.artifacts import Producer
from k15.model.vlm import VisionLanguageModel
from k15.progress import Progress
from k15.ranks import leads
from k15.rl import rewarding, validation
from k15.rl.buffer import ReplayBuffer
from k15.rl.hybrid import Hybrid, canaries
from k15.rl.params import RLParams
from k15.rl.ranks import LeadersEngine, from_leader
from k15.rl.recording import Recorder
from k15.rl.rollouts import Phase, Rollouts, sample_groups
from k15.rl.sampler import PromptSampler
from k15.rl.state import Checkpoints, Saved
from k15.rl.summary import summary
from k15.rl.trajectory import Group, RLPrompt
from k15.rl.update import policy_update
from k15.rl.validation import Validated
from k15.rollout.face import RolloutEngine
from k15.rollout.fleet import open_fleet
from k15.rollout.params import EngineParams
from k15.rollout.types import Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer
from k15.training.trainer import Trainer

Row = dict[str, Any]
_MANY = 0.5
"""Share of responses that were cut off, from which on their rewards say little."""


def open_engine(
    params: RLParams, settings: EngineParams, start: Path, model: VisionLanguageModel, progress: Progress
) -> RolloutEngine:
    """The engines of a run that starts from the checkpoint at `start`; on the leading rank alone."""
    params.check_engine(settings)
    if not leads():
        return LeadersEngine()
    if params.partial is not None:
        share = math.ceil(params.partial.at_once / params.replicas)
        settings = settings.model_copy(update={"max_num_seqs": min(share, settings.max_num_seqs)})
    return open_fleet(
        start / "hf",
        max_model_len=model.shape.max_length,
        params=settings,
        seed=params.seed,
        replicas=params.replicas,
        progress=progress,
    )


class RLRun:
    """The state of one run and its iterations. `engine` is used by the leading rank alone."""

    def __init__(
        self,
        params: RLParams,
        model: VisionLanguageModel,
        tokenizer: Tokenizer,
        prompts: Sequence[RLPrompt],
        engine: RolloutEngine,
        state: Path,
        progress: Progress,
        producer: Producer,
        recorder: Recorder | None = None,
    ) -> None:
        self.params, self.model, self.prompts, self.progress = params, model, list(prompts), progress
        self.engine, self.tokenizer = engine, tokenizer
        self.trainer = Trainer(model, params.optimizer, ("language.",) if params.freeze_vision else ("",))
        buffer = ReplayBuffer()
        self.rollouts = Rollouts(engine, tokenizer, buffer)
        self.hybrid = Hybrid(self.trainer, engine, canaries(self.prompts), params.mismatch.canary_limit)
        self.heldout = validation.heldout(params.validation, params.seed, tokenizer)
        self.saved = Saved([], [], [], buffer, PromptSampler(self.prompts, params.sampler, params.seed))
        self.checkpoints = Checkpoints(state, model, producer)
        self.recorder = recorder
        self.chosen = params.iterations

    def run(self, label: str) -> list[Row]:
        """All iterations; the curve, one row an iteration.

        `heldout_*` show the policy before its row's iteration, every `validation.every` iterations; those of the last
        row (with one iteration: the only one) show the final policy. The model is the chosen checkpoint afterwards.
        """
        self._resume()
        with ExitStack() as stack:
            stack.callback(self.rollouts.close)
            bar = stack.enter_context(self.progress.task(label, self.params.iterations))
            bar.advance(len(self.rows))
            for iteration in range(len(self.rows), self.params.iterations):
                row = self.iterate(iteration)
                bar.advance(accuracy=row["accuracy"], length=row["length"], mismatch=row["mismatch"])
            if "heldout_accuracy" not in self.rows[-1]:
                self.hybrid.to_rollout()
                self.rows[-1] |= self._validate()
        self._choose()
        return self.rows

    def trajectories(self) -> list[Row]:
        """What every iteration trained on."""
        return self.checkpoints.trajectories(len(self.rows))

    @property
    def rows(self) -> list[Row]:
        return self.saved.rows

    def iterate(self, iteration: int) -> Row:
        """One iteration (from 0), saved; its row of the curve."""
        params = self.params
        row: Row = {"iteration": iteration + 1, "short": int(params.is_short(iteration))}
        seconds: Row = {"iteration": iteration + 1}
        handed = self.hybrid.to_rollout()
        row["canary"] = round(handed.pop("canary"), 7)
        seconds |= handed
        last = iteration + 1 == params.iterations  # measured after its update instead
        if iteration % params.validation.every == 0 and not last:
            row |= self._timed(seconds, "validation", self._validate)
        phase = from_leader(lambda: self.roll_out(iteration))
        seconds |= phase.seconds | self.hybrid.to_training()
        judged = self.rewarded(iteration, phase.groups)
        row |= summary(phase.groups) | phase.figures
        if row["truncated"] > _MANY:
            self.progress.log(
                f"iteration {iteration + 1}: {row['truncated']:.0%} of the responses were cut off; raise max_tokens"
            )
        row |= self._timed(seconds, "update", lambda: self.train(iteration, judged))
        self._timed(seconds, "checkpoint", lambda: self._save(iteration, row, seconds, phase))
        return row

    def _timed(self, seconds: Row, name: str, action: Callable[[], Any]) -> Any:
        started = time.monotonic()
        result = action()
        seconds[name] = time.monotonic() - started
        return result

    def roll_out(self, iteration: int) -> Phase:
        """The rollout phase, with the sampler's history. Only on the leader."""
        params, sampler, partial = self.params, self.saved.sampler, self.params.partial
        carried = self.saved.buffer.indices
        drawn = sampler.draw(iteration, self._fresh_groups(), carried)
        fresh = [(i, self.prompts[i]) for i in drawn]
        counted = ("tokens", partial.tokens) if partial else ("responses", len(fresh) * params.group_size)
        with self.progress.task(*counted) as bar:
            phase = self.rollouts.phase(iteration, fresh, params.sampling(iteration), partial, bar)
        self.saved.sampling += sampler.statistics(iteration, phase.drawn)
        sampler.update([(g.index, g.success) for g in phase.groups if g.responses])
        return phase

    def _fresh_groups(self) -> int:
        """How many groups to offer: all that is asked for, or twice what the token budget is likely to answer."""
        params = self.params
        if params.partial is None:
            assert params.prompts_per_iteration is not None
            return params.prompts_per_iteration
        length = (self.rows[-1]["length"] if self.rows else 0.0) or params.max_tokens / 4
        return math.ceil(2 * params.partial.tokens / (length * params.group_size))

    def rewarded(self, iteration: int, groups: Sequence[Group]) -> list[Group]:
        """Those of `groups` that have a judged response, with the rewards that the objective sees."""
        judged = [group for group in groups if group.responses]
        rewarding.compose(judged, self.params.reward_at(iteration), iteration)
        return judged

    def train(self, iteration: int, groups: list[Group]) -> Row:
        """The training phase."""
        params = self.params
        with self.progress.task("update", params.minibatches) as bar:
            return policy_update(
                self.trainer,
                groups,
                params.objective,
                params.mismatch,
                iteration=iteration,
                steps=params.minibatches,
                lr=params.optimizer.lr_at(iteration, params.iterations),
                token_budget=params.microbatch_tokens,
                seed=derive(params.seed, "minibatches", iteration),
                bar=bar,
            )

    def _validate(self) -> Row:
        """Accuracy and length on held-out problems, one response each."""
        params = self.params
        seed = derive(params.seed, "probe")
        sampling = Sampling(1, params.temperature, params.max_tokens, seed=seed)
        with self.progress.task("validation", len(self.heldout)) as bar:
            groups = from_leader(lambda: sample_groups(self.engine, self.tokenizer, self.heldout, sampling, bar))
        found = summary(groups)
        return {f"heldout_{name}": found[name] for name in ("accuracy", "length")}

    def _save(self, iteration: int, row: Row, seconds: Row, phase: Phase) -> None:
        self.saved.rows.append(row)
        self.saved.seconds.append(seconds)
        if leads():
            self.checkpoints.save_trajectories(iteration, phase.groups)
            if self.recorder is not None:  # before the checkpoint: a run that is killed between them records again
                self.recorder.keep(iteration, row, self.checkpoints, self.saved.buffer)
        self.checkpoints.save(iteration + 1, self.saved)
        if leads():
            choosing = self.params.validation.choose != "last"
            keep = {v.version for v in validation.candidates(self._validated())} if choosing else set()
            self.checkpoints.prune({iteration + 1, *keep})

    def _resume(self) -> None:
        version = from_leader(self.checkpoints.latest)
        if version is None:
            self.checkpoints.save(0, self.saved)
            if self.recorder is not None and leads():
                self.recorder.clear()
        else:
            self.checkpoints.load(version, self.saved, self.prompts)
            if version:
                self.progress.log(f"resumed at iteration {version} of {self.params.iterations}")

    def _validated(self) -> list[Validated]:
        """What the rows say of the policies: all but the last row of a run are about the policy before them."""
        final = self.params.iterations
        return [
            Validated(
                final if row["iteration"] == final else row["iteration"] - 1,
                row["heldout_accuracy"],
                row["heldout_length"],
                len(self.heldout),
            )
            for row in self.rows
            if "heldout_accuracy" in row
        ]

    def _choose(self) -> None:
        """The chosen checkpoint into the model."""
        if self.params.validation.choose == "last":
            return
        best = validation.best(self._validated())
        self.progress.log(
            f"chosen: the policy after {best.version} iterations ({best.accuracy:.1%} in {best.length:.0f} tokens)"
        )
        self.checkpoints.load_weights(best.version)
        self.chosen = best.version
