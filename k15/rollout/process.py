"""vLLM as a guest in the trainer's process: set up before its import, cleaned up after its construction.

vLLM assumes a process of its own. On CPU it seeds the global random generators, replaces
`torch.set_num_threads`, and puts LD_PRELOAD and LOCAL_WORLD_SIZE into the environment, which child
processes would inherit. `guest()` puts all of that back. Not undone: memory stays bound to one NUMA node.
"""

from __future__ import annotations

import atexit
import gc
import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from k15 import torch_extensions

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}

_RESTORED = ("LD_PRELOAD", "LOCAL_WORLD_SIZE")


@contextmanager
def importing_vllm() -> Iterator[None]:
    """Around the first import of vLLM: sets the process up for it, and keeps the garbage collector from walking
    its thousands of modules again and again, now and later (a fifth of the import, half of an engine's start)."""
    torch_extensions.settle()
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    warnings.filterwarnings("ignore", message=".*torch.distributed.reduce_op.*", category=FutureWarning)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        # Extension modules complain at exit about what was never collected.
        atexit.register(gc.unfreeze)


@contextmanager
def preserved_rng() -> Iterator[None]:
    """The trainer's random streams go on afterwards as if nothing had been drawn."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


class RandomStream:
    """The process's generators while inside: torch's go on where they were at the last exit, the others are put
    back."""

    def __init__(self, seed: int) -> None:
        devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
        self._own = [torch.Generator(device).manual_seed(seed).get_state() for device in devices]

    def __enter__(self) -> None:
        self._others = random.getstate(), np.random.get_state(), _torch_states()
        _set_torch_states(self._own)

    def __exit__(self, *_: object) -> None:
        self._own = _torch_states()
        random.setstate(self._others[0])
        np.random.set_state(self._others[1])
        _set_torch_states(self._others[2])


def _torch_states() -> list[torch.Tensor]:
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state()] if torch.cuda.is_available() else [])]


def _set_torch_states(states: list[torch.Tensor]) -> None:
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Use `count` threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def guest() -> Iterator[None]:
    """Around the construction of an engine: restores threads, random streams and environment at the end."""
    _settle_llvmlite()
    environment = {name: os.environ.get(name) for name in _RESTORED}
    set_num_threads, count = torch.set_num_threads, torch.get_num_threads()
    with preserved_rng():
        try:
            yield
        finally:
            torch.set_num_threads = set_num_threads
            torch.set_num_threads(count)
            for name, value in environment.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _settle_llvmlite() -> None:
    """vLLM searches the attributes of everything that is imported; asked for `__dict__`, numba's compiler would look
    for a function of that name in its library."""
    library = getattr(sys.modules.get("llvmlite.binding.ffi"), "lib", None)
    functions = getattr(library, "_fntab", None)  # not in every version
    if isinstance(functions, dict):
        functions["__dict__"] = {}
