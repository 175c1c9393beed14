"""Run by torchrun (or alone): the runs of one trainer layout, their losses, responses and weights.

several_ranks.py START OUT TENSOR_PARALLEL DEPLOYMENT RUN...

RUN is the number of engines and perhaps a name, such as `2` or `1-killed`; it leaves OUT/RUN.pt. `1-killed` loses its
last rank, once, when the first iteration is saved. `replay` trains on the groups that the run `1` left in
START/groups.pt, without an engine.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from megatron.core import parallel_state

from k15.artifacts import Producer
from k15.model import checkpoint, parallel
from k15.progress import Progress
from k15.ranks import leads
from k15.rewards import VERIFIERS
from k15.rewards.verifiers import extract_then_compare
from k15.rl.loop import RLRun, Row, open_engine
from k15.rl.params import RLParams
from k15.rl.ranks import LeadersEngine
from k15.rl.trajectory import Group
from tests.k15 import tiny
from tests.k15.rl.test_loop import PARAMS, TOKENIZER, Judge, prompts

SHAPE = tiny.SHAPE.model_copy(update={"heads": 2, "kv_heads": 2, "head_dim": 32, "vocab_size": 320, "max_length": 512})
OPTIMIZER = PARAMS.optimizer.model_copy(update={"lr": 1e-3})
PROMPTS = prompts(["good"] * 6)
PRODUCER = Producer("rl", {}, ())


class Recorded(RLRun):
    """Keeps what every iteration trained on; `mortal`: the last rank dies when the first iteration is saved."""

    mortal = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.trained: list[bytes] = []

    def train(self, iteration: int, groups: list[Group]) -> Row:
        self.trained.append(pickle.dumps(groups))
        return super().train(iteration, groups)

    def _save(self, *arguments: Any) -> None:
        super()._save(*arguments)
        if self.mortal and dist.get_rank() == dist.get_world_size() - 1:
            os.kill(os.getpid(), signal.SIGKILL)


def main(start: Path, out: Path, tensor_parallel: int, deployment: str, *runs: str) -> None:
    parallel.initialize(tensor_parallel)
    VERIFIERS["even"] = extract_then_compare(lambda response, mode: response, Judge(0).compare)
    for name in runs:
        result = _replay(start) if name == "replay" else _live(start, out, name, deployment)
        if leads():
            torch.save(result, out / f"{name}.pt")
    dist.barrier()
    dist.destroy_process_group()


def _live(start: Path, out: Path, name: str, deployment: str) -> Row:
    params, progress = _params(replicas=int(name[0])), Progress(leads())
    model, _ = checkpoint.load(start, params.tensor_parallel)
    with open_engine(params, tiny.engine_params(deployment=deployment), start, model, progress) as engine:
        run = Recorded(params, model, TOKENIZER, PROMPTS, engine, out / "state" / name, progress, PRODUCER)
        run.mortal = name.endswith("killed") and run.checkpoints.latest() is None
        rows = run.run("rl")
    if leads() and name == "1" and not (start / "groups.pt").exists():
        torch.save(run.trained, start / "groups.pt")
    responses = [row["response_ids"] for row in run.trajectories()] if leads() else []
    return {"rows": rows, "responses": responses, "weights": checkpoint.full_state(model)}


def _replay(start: Path) -> Row:
    params = _params(replicas=1)
    model, _ = checkpoint.load(start, params.tensor_parallel)
    run = Recorded(params, model, TOKENIZER, PROMPTS, LeadersEngine(), start, Progress(), PRODUCER)
    rows = []
    for iteration, groups in enumerate(torch.load(start / "groups.pt")):
        run.trainer.reset_optimizer()
        rows.append(run.train(iteration, pickle.loads(groups)))
    return {"rows": rows, "weights": checkpoint.full_state(model)}


def _params(replicas: int) -> RLParams:
    ranks, tensor_parallel = dist.get_world_size(), parallel_state.get_tensor_model_parallel_world_size()
    changes = {"ranks": ranks, "tensor_parallel": tensor_parallel, "replicas": replicas, "optimizer": OPTIMIZER}
    return PARAMS.model_copy(update=changes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
