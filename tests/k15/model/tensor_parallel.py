"""Run by torchrun on two ranks: loads a checkpoint of one rank, trains one step, and writes what came out.

tensor_parallel.py CHECKPOINT BATCH OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist

from k15.model import checkpoint, vlm
from k15.training.trainer import OptimizerParams, Trainer, cross_entropy
from tests.k15.tiny import SHAPE

OPTIMIZER = OptimizerParams(lr=1e-3, final_lr_share=1, warmup_steps=0, weight_decay=0.1, clip_grad=1.0)


def state_of(model: vlm.VisionLanguageModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in checkpoint.full_state(model).items()}


def main(directory: Path, batch_file: Path, out: Path) -> None:
    fresh = state_of(vlm.build(SHAPE, seed=5, tensor_parallel=2))
    model, _ = checkpoint.load(directory, tensor_parallel=2)
    batch = torch.load(batch_file, weights_only=False)
    results = {"loss": cross_entropy(model, batch).item(), "fresh": fresh, "loaded": state_of(model)}
    shards = {name: list(p.shape) for name, p in model.named_parameters()}
    results |= Trainer(model, OPTIMIZER).step([batch], OPTIMIZER.lr)
    trained = state_of(model)
    if dist.get_rank() == 0:
        out.mkdir()
    dist.barrier()
    torch.save({**results, "shards": shards, "trained": trained}, out / f"rank{dist.get_rank()}.pt")
    checkpoint.save_megatron(out / "megatron", model, 7)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
