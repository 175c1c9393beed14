"""Engines that share the prompts of a call: one in this process, the others in processes of their own.

The engine of a small model keeps one core busy (see `llm._NARROW`); a second one takes half of the prompts.
Guarantees: the same prompts, sampling and number of replicas give the same samples; after `update_weights` all replicas
hold the same bytes; a call that fails leaves nothing behind that a later call could take for its answer. A replica ends
with the thread that started it, however that ends.
Not covered: a replica that hangs, or replacing one that dies. The call fails, and the stage goes on from its last
iteration when it is run again.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from k15.errors import UserError
from k15.model.hf_files import storable
from k15.progress import Task
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt, Sample, Sampling
from k15.seeds import derive

_ROOT = Path(__file__).resolve().parents[2]


class ReplicatedEngine(Engine):
    """An engine whose `generate` is shared by `replicas` engines; each has `params` for itself."""

    def __init__(
        self, hf_dir: Path, *, max_model_len: int, params: EngineParams, seed: int = 0, replicas: int = 1
    ) -> None:
        arguments = {"hf_dir": hf_dir, "max_model_len": max_model_len, "params": params, "seed": seed}
        self._others: list[_Replica] = []
        try:
            for _ in range(replicas - 1):  # they start while this one does
                self._others.append(_Replica(arguments))
            super().__init__(hf_dir, max_model_len=max_model_len, params=params, seed=seed)
        except BaseException:
            self._close_others()
            raise

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, progress: Task | None = None
    ) -> list[list[Sample]]:
        for index, prompt in enumerate(prompts):
            self._check(index, prompt)  # with its index in the whole call
        count = 1 + len(self._others)
        for number, other in enumerate(self._others, start=1):
            own = replace(sampling, seed=derive(sampling.seed, "replica", number))
            other.ask("generate", list(prompts[number::count]), own)
        samples: list[list[Sample]] = [[] for _ in prompts]
        samples[::count] = super().generate(prompts[::count], sampling, progress)
        for number, other in enumerate(self._others, start=1):
            samples[number::count] = answers = other.answer()
            if progress is not None:
                progress.advance(len(answers))
        return samples

    def update_weights(self, tensors: Mapping[str, torch.Tensor]) -> None:
        if self._others:
            content = save(storable(tensors))
            for other in self._others:
                other.ask("update_weights", content)
        super().update_weights(tensors)
        for other in self._others:
            other.answer()

    def weight_digests(self) -> dict[str, str]:
        """Those of every replica; UserError if they differ."""
        for other in self._others:
            other.ask("weight_digests")
        digests = super().weight_digests()
        for other in self._others:
            if other.answer() != digests:
                raise UserError("the engine's replicas hold different weights; rerun the stage")
        return digests

    def close(self) -> None:
        self._close_others()
        super().close()

    def _close_others(self) -> None:
        for other in self._others:
            other.close()


class _Replica:
    """The parent's end of one child process."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        here, there = socket.socketpair()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "k15.rollout.replica_worker", str(there.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
            env={**os.environ, "PYTHONPATH": path},
        )
        there.close()
        self._connection = Connection(here.detach())
        self._asked = 0
        self._send(arguments)

    def ask(self, method: str, *arguments: Any) -> None:
        self._asked += 1
        self._send((self._asked, method, arguments))

    def answer(self) -> Any:
        """The result of what was asked last."""
        number = 0
        while number < self._asked:  # earlier ones are of calls that failed before they were read
            try:
                number, kind, value = self._connection.recv()
            except (EOFError, OSError):
                raise self._lost() from None
        if kind == "refused":
            raise UserError(value)
        if kind == "failed":
            raise RuntimeError(f"an engine replica failed:\n{value}")
        return value

    def close(self) -> None:
        self._connection.close()
        self._process.kill()  # it holds nothing that has to be put away
        self._process.wait()

    def _send(self, message: Any) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise self._lost() from None

    def _lost(self) -> UserError:
        code = self._process.wait()
        why = "killed, perhaps for want of memory" if code == -9 else f"exit code {code}, see its output above"
        return UserError(f"an engine replica has ended ({why}); run the stage again")
