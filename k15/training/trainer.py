"""One optimizer step over microbatches, with megatron's data-parallel wrapper and optimizer.

Guarantees: the gradient is that of the mean over all predicted tokens of the global batch, however it is split into
microbatches and ranks; a saved state continues with the same bits on CPU.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from megatron.core import parallel_state
from megatron.core.distributed import DistributedDataParallel, DistributedDataParallelConfig
from megatron.core.optimizer import OptimizerConfig, get_megatron_optimizer
from pydantic import Field

from k15.errors import UserError
from k15.model import parallel
from k15.model.logprobs import token_logprobs
from k15.model.vlm import VisionLanguageModel
from k15.params import Params
from k15.training.batch import IGNORED, Batch

logging.getLogger("megatron.core").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message="Transformer Engine and Apex are not installed")


class OptimizerParams(Params):
    """AdamW with linear warm-up and cosine decay."""

    lr: float = Field(ge=0)
    """0 trains nothing: to see what else moves."""
    final_lr_share: float = Field(ge=0, le=1)
    """Learning rate at the last step, as a share of `lr`."""
    warmup_steps: int = Field(ge=0)
    weight_decay: float = Field(ge=0)
    clip_grad: float = Field(gt=0)

    def lr_at(self, step: int, steps: int) -> float:
        """Learning rate of step `step` (from 0) of `steps`."""
        if step < self.warmup_steps:
            return self.lr * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, steps - self.warmup_steps)
        cosine = (1 + torch.cos(torch.tensor(progress * torch.pi, dtype=torch.float64)).item()) / 2
        return self.lr * (self.final_lr_share + (1 - self.final_lr_share) * cosine)


Loss = Callable[[VisionLanguageModel, Batch], torch.Tensor]


def logprobs(model: VisionLanguageModel, batch: Batch) -> torch.Tensor:
    """log p of every target [B, T]; 0 where there is none."""
    hidden = model(batch.tokens, batch.images, batch.segments, batch.patches)
    wanted = batch.targets != IGNORED
    flat = token_logprobs(hidden[wanted], model.output_weight(), batch.targets[wanted])
    return torch.zeros(batch.targets.shape, dtype=flat.dtype, device=flat.device).masked_scatter(wanted, flat)


def cross_entropy(model: VisionLanguageModel, batch: Batch) -> torch.Tensor:
    """Summed negative log-likelihood of the batch's targets, each times its weight."""
    result = logprobs(model, batch)
    return -(result if batch.weights is None else result * batch.weights).sum()


class Trainer:
    """`model` with the parameters of `trainable` (name prefixes; all by default) under the optimizer."""

    def __init__(
        self, model: VisionLanguageModel, optimizer: OptimizerParams, trainable: Sequence[str] = ("",)
    ) -> None:
        self.model = model
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith(tuple(trainable)))
        self.ddp = DistributedDataParallel(model.config, DistributedDataParallelConfig(), model)
        self._config = OptimizerConfig(
            lr=optimizer.lr,
            weight_decay=optimizer.weight_decay,
            clip_grad=optimizer.clip_grad,
            adam_beta2=0.95,
            params_dtype=torch.float32,
        )
        self.reset_optimizer()

    def reset_optimizer(self) -> None:
        """Forget all moments (§2.3.2: at the start of every RL iteration)."""
        self.optimizer = get_megatron_optimizer(self._config, [self.ddp])

    def put_away(self) -> None:
        """Free what only training needs, while others use the device: gradients and moments (which an RL iteration
        begins without anyway), and on a GPU the weights too, which go to the host."""
        self.optimizer = None
        for buffer in self._gradients():
            buffer.untyped_storage().resize_(0)
        self._weights_on(torch.device("cpu"))
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # freed to this process's allocator is not freed to the engines

    def take_out(self) -> None:
        """The inverse; the optimizer is still to be made, by `reset_optimizer`."""
        self._weights_on(parallel.device())
        for buffer in self._gradients():
            buffer.untyped_storage().resize_(buffer.numel() * buffer.element_size())
            buffer.zero_()

    def _gradients(self) -> list[torch.Tensor]:
        return [buffer.grad_data for buffer in self.ddp.buffers]

    def _weights_on(self, device: torch.device) -> None:
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.data = parameter.data.to(device)

    def step(
        self,
        microbatches: Sequence[Batch],
        lr: float,
        loss: Loss = cross_entropy,
        count_of: Callable[[Batch], float] = lambda batch: batch.weight,
    ) -> dict[str, float]:
        """One update. `loss` returns a sum over its batch; the update divides by `count_of` summed over the whole
        global batch (the weight of its targets by default). Returns the mean loss, grad_norm and that count."""
        count = torch.tensor(float(sum(map(count_of, microbatches))), device=parallel.device())
        data_group = parallel_state.get_data_parallel_group()
        dist.all_reduce(count, group=data_group)
        scale = parallel_state.get_data_parallel_world_size() / count.where(count > 0, 1)  # DDP averages over its ranks
        self.ddp.zero_grad_buffer()
        self.optimizer.zero_grad()
        total = torch.zeros((), device=parallel.device())
        for batch in microbatches:
            value = loss(self.model, batch.to(parallel.device())) * scale
            value.backward()
            total += value.detach()
        self._sum_head_norms()
        self.ddp.finish_grad_sync()
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        dist.all_reduce(total, group=data_group)
        mean = total.item() / parallel_state.get_data_parallel_world_size()
        if not math.isfinite(mean):  # on every rank alike, and before it reaches the weights
            raise UserError(f"the loss is {mean} at learning rate {lr:g}; lower it or clip_grad")
        _, grad_norm, _ = self.optimizer.step()
        return {"loss": mean, "grad_norm": float(grad_norm or 0.0), "count": count.item()}

    def _sum_head_norms(self) -> None:
        """Every tensor-parallel rank has seen only its own heads; their query and key norms are shared."""
        if parallel_state.get_tensor_model_parallel_world_size() == 1:
            return
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad and name.endswith(("q_layernorm.weight", "k_layernorm.weight")):
                dist.all_reduce(parameter.main_grad, group=parallel_state.get_tensor_model_parallel_group())

    def save(self, path: Path, **extra: Any) -> None:
        """Model, optimizer and RNG state of this rank, and `extra`; atomic."""
        state = {
            "model": {name: p.detach() for name, p in self.model.named_parameters()},
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            **extra,
        }
        save_atomically(state, path)

    def load(self, path: Path) -> dict[str, Any]:
        """Continue from `save`; returns its `extra`."""
        state: dict[str, Any] = torch.load(path, weights_only=False)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(state["model"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        return state


def save_atomically(state: Any, path: Path) -> None:
    """torch.save beside `path`, then rename: a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".partial{os.getpid()}")
    torch.save(state, partial)
    os.replace(partial, path)
