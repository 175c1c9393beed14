"""What RL resumes from: one directory for every iteration that is kept, `iterations/00012` as it was before iteration
12.

It holds each trainer rank's weights, and as Parquet the replay buffer, the sampler's history and the states of the
random generators; `run.json` the curve so far. Guarantees: a directory is there whole or not at all, whatever is
killed when; going on from one ends with the bytes of a run that was never interrupted. Several nodes need one file
system.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from k15.artifacts import Producer, read_rows, write_dataset
from k15.artifacts.storage import write_json
from k15.model.vlm import VisionLanguageModel
from k15.ranks import leads
from k15.rl.buffer import ReplayBuffer
from k15.rl.sampler import PromptSampler
from k15.rl.trajectory import Group, RLPrompt, response_of, response_row

Row = dict[str, Any]


@dataclass
class Saved:
    """The part of a run's state that is not a tensor: its curves, and the leader's buffer and sampler."""

    rows: list[Row]
    seconds: list[Row]
    sampling: list[Row]
    buffer: ReplayBuffer
    sampler: PromptSampler


class Checkpoints:
    """Those of one run, in `directory`."""

    def __init__(self, directory: Path, model: VisionLanguageModel, producer: Producer) -> None:
        self.directory, self.model, self.producer = directory, model, producer

    def save(self, version: int, run: Saved) -> None:
        """Collective. The state after `version` iterations."""
        target = self.path(version)
        partial = target.with_suffix(".partial")
        if leads():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
        dist.barrier()
        torch.save(weights_of(self.model), partial / f"weights.{dist.get_rank()}.pt")
        dist.barrier()
        if leads():
            self._write(partial / "buffer", "replay_buffer", run.buffer.rows())
            self._write(partial / "sampler", "sampler", run.sampler.state())
            self._write(partial / "generators", "generators", _generators())
            written = {
                "rows": run.rows,
                "seconds": run.seconds,
                "sampling": run.sampling,
                "next_group": run.buffer.next_number,
            }
            write_json(partial / "run.json", written)
            shutil.rmtree(target, ignore_errors=True)
            os.rename(partial, target)
        dist.barrier()

    def load(self, version: int, run: Saved, prompts: list[RLPrompt]) -> None:
        """Fill `run` and the model with the state after `version` iterations."""
        path = self.path(version)
        self.load_weights(version)
        written = json.loads((path / "run.json").read_text("utf-8"))
        run.rows, run.seconds, run.sampling = written["rows"], written["seconds"], written["sampling"]
        if leads():
            run.buffer.restore(read_rows(path / "buffer", "replay_buffer"), written["next_group"], prompts)
            run.sampler.restore(read_rows(path / "sampler", "sampler"))
        _restore_generators(read_rows(path / "generators", "generators"))

    def load_weights(self, version: int) -> None:
        saved = torch.load(self.path(version) / f"weights.{dist.get_rank()}.pt", weights_only=True)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(saved[name])

    def latest(self) -> int | None:
        return max(self.versions(), default=None)

    def versions(self) -> list[int]:
        return [int(path.name) for path in (self.directory / "iterations").glob("[0-9]*") if path.name.isdigit()]

    def prune(self, keep: Collection[int]) -> None:
        """Remove all others. Call it on the leader."""
        for version in set(self.versions()) - set(keep):
            shutil.rmtree(self.path(version))

    def path(self, version: int) -> Path:
        return self.directory / "iterations" / f"{version:05d}"

    def save_trajectories(self, iteration: int, groups: list[Group]) -> None:
        """Every response of the groups that `iteration` completed. Call it on the leader."""
        self._write(self.trajectories_of(iteration), "trajectory", trajectory_rows(iteration, groups))

    def trajectories(self, iterations: int) -> list[Row]:
        """Of the first `iterations`; those without a verdict with reward NaN, the last of their group."""
        return [row for i in range(iterations) for row in read_rows(self.trajectories_of(i), "trajectory")]

    def trajectories_of(self, iteration: int) -> Path:
        return self.directory / "trajectories" / f"{iteration:05d}"

    def _write(self, path: Path, schema: str, rows: list[Row]) -> None:
        write_dataset(path, schema, rows, producer=self.producer)


def weights_of(model: VisionLanguageModel) -> dict[str, Tensor]:
    """This rank's."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def trajectory_rows(iteration: int, groups: list[Group]) -> list[Row]:
    return [
        {
            "iteration": iteration,
            "prompt_ids": group.prompt.ids,
            "reward": response.reward,
            **response_row(group, response),
        }
        for group in groups
        for response in group.everything
    ]


def groups_of(rows: Iterable[Mapping[str, Any]], prompts: Sequence[RLPrompt]) -> list[Group]:
    """The groups that `trajectory_rows` made rows of."""
    places = {prompt.id: index for index, prompt in enumerate(prompts)}
    groups: dict[int, Group] = {}
    for row in rows:
        index = places[row["prompt_id"]]
        new = Group(row["group"], index, prompts[index], row["started"], [])
        group, response = groups.setdefault(new.number, new), response_of(row)
        (group.unjudged if response.verdict == "error" else group.responses).append(response)
    return list(groups.values())


def _generators() -> list[Row]:
    """All integers, as 8 bytes each; the Gaussian that Python and NumPy may have in stock is never drawn from."""
    numpy_state = np.random.get_state(legacy=False)["state"]  # type: ignore[index, call-overload]
    python = np.array(random.getstate()[1], dtype=np.int64)
    mersenne = np.array([*numpy_state["key"], numpy_state["pos"]], dtype=np.int64)
    return [
        {"name": "torch", "state": torch.get_rng_state().numpy().tobytes()},
        {"name": "numpy", "state": mersenne.tobytes()},
        {"name": "python", "state": python.tobytes()},
    ]


def _restore_generators(rows: list[Row]) -> None:
    states = {row["name"]: row["state"] for row in rows}
    torch.set_rng_state(torch.frombuffer(bytearray(states["torch"]), dtype=torch.uint8))
    *key, position = np.frombuffer(states["numpy"], dtype=np.int64).tolist()
    mersenne = {"key": np.array(key, dtype=np.uint32), "pos": position}
    np.random.set_state({"bit_generator": "MT19937", "state": mersenne, "has_gauss": 0, "gauss": 0.0})
    random.setstate((3, tuple(np.frombuffer(states["python"], dtype=np.int64).tolist()), None))
