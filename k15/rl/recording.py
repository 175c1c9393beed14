"""Recorded iterations: what one iteration of RL needs to be run again, anywhere, by `k15.rl.replay`.

`recordings/rl/00012` holds iteration 12 (from 0): the run's state before it, as `state.Checkpoints` lays it out, what
it trained on, the replay buffer after it, its row of the curve, a digest of the weights that it ended with; params,
prompts with their pictures, shape of the model and tokenizer.

Guarantees: a recording is there whole or not at all, and refers to nothing outside its directory. Not in it: the
optimizer (empty at the start of every iteration) and the engine (which keeps nothing from one to the next).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch.distributed as dist

from k15.artifacts import Producer, read_rows, write_dataset
from k15.artifacts.storage import write_json
from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.model.vlm import VisionLanguageModel
from k15.params import parse_params
from k15.rl.buffer import ReplayBuffer
from k15.rl.params import RLParams
from k15.rl.state import Checkpoints, weights_of
from k15.rl.trajectory import RLPrompt
from k15.rollout.params import EngineParams
from k15.rollout.weights import tensor_digest
from k15.tokenizer import Tokenizer

Row = dict[str, Any]
FILE, VERSION = "record.json", 1


@dataclass(frozen=True)
class Recorder:
    """Records every `every`-th iteration of a run under `directory`."""

    directory: Path
    every: int
    params: RLParams
    engine: EngineParams
    tokenizer: Tokenizer
    prompts: Sequence[RLPrompt]
    producer: Producer

    @classmethod
    def of(
        cls,
        directory: Path,
        params: RLParams,
        engine: EngineParams,
        tokenizer: Tokenizer,
        prompts: Sequence[RLPrompt],
        producer: Producer,
    ) -> Recorder | None:
        """None where nothing is to be recorded."""
        if params.record_every is None:
            return None
        return cls(directory, params.record_every, params, engine, tokenizer, prompts, producer)

    def clear(self) -> None:
        """Remove what an earlier run recorded."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def keep(self, iteration: int, row: Row, checkpoints: Checkpoints, buffer: ReplayBuffer) -> None:
        """Record `iteration`, which has just ended, if its turn has come. `checkpoints` still has the state before it,
        and its trajectories; `buffer` is as it left it. Call it on the leader."""
        if (iteration + 1) % self.every:
            return
        target = self.directory / f"{iteration:05d}"
        staging = target.with_suffix(".partial")
        shutil.rmtree(staging, ignore_errors=True)
        kept = Checkpoints(staging, checkpoints.model, self.producer)
        shutil.copytree(checkpoints.path(iteration), kept.path(iteration))
        shutil.copytree(checkpoints.trajectories_of(iteration), kept.trajectories_of(iteration))
        write = partial(write_dataset, producer=self.producer)
        write(staging / "buffer", "replay_buffer", buffer.rows())
        write(staging / "prompts", "rl_prompt", [_prompt_row(prompt) for prompt in self.prompts])
        checkpoints.model.shape.save(staging / "model.json")
        self.tokenizer.save_pretrained(staging / "tokenizer")
        record = {
            "recording": VERSION,
            "stage": self.producer.stage,
            "iteration": iteration,
            "ranks": dist.get_world_size(),
            "row": row,
            "weights": weights_digest(checkpoints.model),
            "params": self.params.model_dump(mode="json", include=set(RLParams.model_fields)),
            "engine": self.engine.model_dump(mode="json"),
        }
        write_json(staging / FILE, record)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(staging, target)


@dataclass(frozen=True)
class Recording:
    """A recording that was found at `path`."""

    path: Path
    stage: str
    iteration: int
    ranks: int
    row: Row
    weights: str
    params: RLParams
    engine: EngineParams

    @classmethod
    def open(cls, path: Path) -> Recording:
        try:
            found = json.loads((path / FILE).read_text("utf-8"))
            version = found.pop("recording")
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            raise UserError(
                f"{path}: no recording of an iteration; give a directory such as recordings/rl/00012, which a run with "
                "rl.record_every makes"
            ) from None
        if version != VERSION:
            raise UserError(f"{path}: a recording of another version of k15; replay it with the code that made it")
        try:
            params = parse_params(RLParams, "rl", found.pop("params"))
            engine = parse_params(EngineParams, "engine", found.pop("engine"))
            return cls(path, params=params, engine=engine, **found)
        except (UserError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}: a recording that this code cannot read ({error}); use the code that made it"
            ) from None

    def prompts(self) -> list[RLPrompt]:
        return [
            RLPrompt(row["id"], row["ids"], tuple(row["images"]), json.loads(row["record"]), row["pass_rate"])
            for row in read_rows(self.path / "prompts", "rl_prompt")
        ]

    def buffer(self) -> list[Row]:
        """The replay buffer after the iteration."""
        return read_rows(self.path / "buffer", "replay_buffer")

    def shape(self) -> ModelConfig:
        return ModelConfig.load(self.path / "model.json")

    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load(self.path / "tokenizer")


def weights_digest(model: VisionLanguageModel) -> str:
    """Of all of this rank's parameters together."""
    digest = hashlib.sha256()
    for name, tensor in weights_of(model).items():
        digest.update(f"{name} {tensor_digest(tensor)}\n".encode())
    return digest.hexdigest()


def _prompt_row(prompt: RLPrompt) -> Row:
    return {
        "id": prompt.id,
        "ids": prompt.ids,
        "images": list(prompt.images),
        "record": json.dumps(dict(prompt.record), ensure_ascii=False),
        "pass_rate": prompt.pass_rate,
    }
