"""Run by torchrun on two ranks: one policy update, whose figures and weights every rank writes to a directory."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist

from k15.rl.mismatch import MismatchParams
from k15.rl.objective import ObjectiveParams
from k15.training.trainer import OptimizerParams, Trainer
from tests.k15 import tiny
from tests.k15.rl.trajectories import group

GROUPS = [group([2, [4, 1]], [1, 0], version=2), group([[3, 0], 6], [0, 1], images=1, version=2)]
OBJECTIVE = ObjectiveParams(kind="eq3", tau=0.1, baseline="mean", earlier_segments="on_policy")
"""Of the second group one row is left, so that a rank has none in that minibatch."""
OPTIMIZER = OptimizerParams(lr=1e-2, final_lr_share=1, warmup_steps=0, weight_decay=0, clip_grad=1.0)
LIMITS = MismatchParams(mean_limit=100.0, multiplicative_limit=1e9, canary_limit=100.0)
STEP = {"iteration": 2, "steps": 2, "lr": 1e-2, "token_budget": 1000, "seed": 3}


def main(out: Path) -> None:
    from k15.rl.update import policy_update
    from tests.k15.rl.test_update import learnable

    trainer = Trainer(tiny.model(), OPTIMIZER)
    figures = policy_update(trainer, GROUPS, OBJECTIVE, LIMITS, **STEP)
    torch.save((figures, torch.cat([p.flatten() for p in learnable(trainer.model)])), out / f"rank{dist.get_rank()}.pt")
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
