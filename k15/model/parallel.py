"""Process groups: torchrun's when there are several ranks, a group of one otherwise."""

from __future__ import annotations

import atexit
import os
from datetime import timedelta

import torch
import torch.distributed as dist
from megatron.core import parallel_state

from k15.errors import UserError
from k15.ranks import leave

_PATIENCE = timedelta(days=7)
"""Ranks wait for the one that samples, however long a rollout takes; that a rank has died is torchrun's to notice."""


def initialize(tensor_parallel: int = 1) -> None:
    """Join the process group and build megatron's tensor- and data-parallel groups. Idempotent."""
    if not dist.is_initialized():
        # With gloo for what lies on the host, so that waiting ranks leave the devices to the engines.
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        if "RANK" in os.environ:  # torchrun
            if torch.cuda.is_available():
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
            dist.init_process_group(backend, timeout=_PATIENCE)
        else:
            dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
        atexit.register(leave)
    if (ranks := dist.get_world_size()) % tensor_parallel:
        raise UserError(
            f"tensor_parallel {tensor_parallel} does not divide the number of ranks, {ranks};"
            " a stage runs on one: set it to 1"
        )
    if not parallel_state.model_parallel_is_initialized():
        parallel_state.initialize_model_parallel(tensor_model_parallel_size=tensor_parallel)


def device() -> torch.device:
    """Where the model of this rank lives."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
