"""vLLM as a guest in the trainer's process: set up before its import, cleaned up after its construction.

vLLM assumes a process of its own. On CPU it seeds the global random generators, replaces
`torch.set_num_threads`, and puts LD_PRELOAD and LOCAL_WORLD_SIZE into the environment, which child
processes would inherit. `guest()` puts all of that back. Not undone: memory stays bound to one NUMA node.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from k15.model import torch_extensions

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}

_RESTORED = ("LD_PRELOAD", "LOCAL_WORLD_SIZE")


def prepare() -> None:
    """Idempotent; call before the first import of vLLM."""
    torch_extensions.settle()
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    warnings.filterwarnings("ignore", message=".*torch.distributed.reduce_op.*", category=FutureWarning)


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


@contextmanager
def guest() -> Iterator[None]:
    """Around the construction of an engine: restores threads, random streams and environment at the end."""
    environment = {name: os.environ.get(name) for name in _RESTORED}
    set_num_threads, threads = torch.set_num_threads, torch.get_num_threads()
    with preserved_rng():
        try:
            yield
        finally:
            torch.set_num_threads = set_num_threads
            torch.set_num_threads(threads)
            for name, value in environment.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
