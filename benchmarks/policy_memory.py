"""`python -m benchmarks.policy_memory PLACES VOCABULARY`: MiB by which one policy update raises this process's memory.

A narrow model, so that what grows with the places times the vocabulary would show. Linux only.
"""

import re
import sys
from pathlib import Path
from typing import Any

import torch

from k15 import torch_extensions
from k15.model.config import ModelConfig
from k15.model.vlm import build
from k15.rl.objective import ObjectiveParams, PolicyBatch
from k15.rl.update import minibatch_steps
from k15.training.trainer import OptimizerParams, Trainer

LENGTH = 512
SHAPE: dict[str, Any] = {
    "hidden_size": 32, "layers": 1, "heads": 2, "kv_heads": 1, "head_dim": 16, "ffn_size": 64, "rope_base": 10_000,
    "init_std": 0.05, "image_size": 16, "patch_size": 8, "vision_hidden_size": 16, "vision_layers": 1,
    "vision_heads": 1, "vision_ffn_size": 16,
}  # fmt: skip
OPTIMIZER = OptimizerParams(lr=1e-4, final_lr_share=1.0, warmup_steps=0, weight_decay=0.0, clip_grad=1.0)
OBJECTIVE = ObjectiveParams(kind="eq3", tau=0.05, baseline="mean")


def main(places: int, vocabulary: int) -> None:
    torch_extensions.settle()
    trainer = Trainer(build(ModelConfig(**SHAPE, vocab_size=vocabulary, max_length=LENGTH), 1), OPTIMIZER)
    rows = places // LENGTH
    batch = random_batch(rows, vocabulary)
    minibatch_steps(trainer, [[random_batch(1, vocabulary)]], OBJECTIVE, 1e-4)  # the optimizer's moments
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = status("VmRSS")
    minibatch_steps(trainer, [[batch]], OBJECTIVE, 1e-4)
    print((status("VmHWM") - before) / 2**10)


def random_batch(rows: int, vocabulary: int) -> PolicyBatch:
    tokens = torch.randint(10, vocabulary, (rows, LENGTH), generator=torch.Generator().manual_seed(rows))
    return PolicyBatch(
        tokens,
        tokens.roll(-1, 1),
        weights=torch.ones(rows, LENGTH),
        advantage=torch.linspace(-1, 1, rows)[:, None].expand(rows, LENGTH),
        share=torch.ones(rows),
        reference=torch.full((rows,), -1000.0),
        engine=torch.zeros(rows, LENGTH),
        earlier=torch.zeros(rows, LENGTH, dtype=torch.bool),
    )


def status(field: str) -> int:
    """KiB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
