"""The trainer's process is as it was after an engine was built in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SCRIPT = """
import json, os, random, sys
from pathlib import Path
import numpy as np, torch
import torch.distributed as dist
torch.set_num_threads(2)
dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
from k15.rollout.engine import Engine
from tests.k15 import tiny
from k15.rollout.types import Prompt, Sampling
def state():
    return [torch.get_num_threads(), os.environ.get("LD_PRELOAD"), sorted(os.sched_getaffinity(0)),
            torch.get_rng_state().sum().item(), hash(random.getstate()), int(np.random.get_state()[1].sum()),
            dist.is_initialized()]
states = [state()]
for _ in range(2):
    engine = Engine(Path(sys.argv[1]), max_model_len=64, params=tiny.engine_params(max_num_seqs=16, kv_cache_gib=0.1))
    states.append(state())
    engine.generate([Prompt([20, 21])], Sampling(n=3, temperature=1.0, max_tokens=4))
    states.append(state())
    engine.close()
    states.append(state())
torch.set_num_threads(1)
assert torch.get_num_threads() == 1
dist.barrier()
print(json.dumps(states))
"""


def test_process_is_left_alone(export: Callable[[int], Path]) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(export(1))], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    states = json.loads(run.stdout.splitlines()[-1])
    assert states == [states[0]] * len(states)
    assert run.stdout.count("\n") == 1, "vLLM is silent"
