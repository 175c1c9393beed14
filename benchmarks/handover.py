"""Handing the weights to the engines (§2.6.3): its share of a laptop iteration, and its speed for a large model.

The paper gives < 60 s to the rollout and about 10 s back. Small: RL iterations of the laptop profile, one engine in the
trainer's process and one in its own; all that stands between training and rollout counts, checks included. Large: a
decoder of 0.6 billion float32 parameters with random weights, handed to a real engine in its own process through shared
memory. Each part's bytes a second stand beside those of a plain `copy_` of one tensor as large, measured in turn.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks import small_rl
from benchmarks.setting import SEED, VOCABULARY
from k15 import torch_extensions
from k15.artifacts import Producer
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig, ModelParams
from k15.params import load_params, read_params
from k15.progress import Progress
from k15.rewards import VERIFIERS
from k15.rewards.verifiers import extract_then_compare
from k15.rl.loop import RLRun, open_engine
from k15.rollout.member import ProcessMember
from k15.rollout.params import EngineParams
from k15.rollout.shared_weights import SharedWeights
from k15.rollout.weights import tensor_digests
from k15.tokenizer import Tokenizer

ITERATIONS = 4
LARGE: dict[str, Any] = {
    "hidden_size": 1280,
    "layers": 24,
    "heads": 20,
    "kv_heads": 10,
    "head_dim": 64,
    "ffn_size": 5120,
    "max_length": 256,
}
LARGE_ENGINE = EngineParams(
    max_num_seqs=4, kv_cache_gib=0.25, deployment="process", hang_s=300.0, restarts=0, logprobs="raw"
)
REPETITIONS = 3


def measure() -> None:
    torch_extensions.settle()
    with tempfile.TemporaryDirectory() as directory:
        share_of_iteration(Path(directory))
    with tempfile.TemporaryDirectory() as directory:
        large_model(Path(directory))


def share_of_iteration(directory: Path) -> None:
    rows = iterations(directory)[1:]  # the first starts everything
    shares = []
    for row in rows:
        handed = row["to_rollout"] + row["to_training"]
        shares.append(handed / (handed + sum(row[name] for name in ("rollout", "reward_wait", "update", "checkpoint"))))
    parts = ", ".join(
        f"{name} {statistics.median(row[name] for row in rows):.3f} s"
        for name in ("gather", "weights", "checks", "to_training", "rollout", "update", "checkpoint")
    )
    print(f"hand-over: {parts}")
    spread = f"{min(shares):.1%} to {max(shares):.1%} in {len(shares)} iterations"
    print(f"hand-over: share of an iteration {statistics.median(shares):.1%} ({spread})", flush=True)


def iterations(directory: Path) -> list[dict[str, Any]]:
    """Seconds of each iteration with prompts, group size, limits and engines of params.yaml."""
    VERIFIERS["parity"] = extract_then_compare(lambda response, mode: response, small_rl.by_parity)
    section = read_params(Path("."))["rl"]
    taken = ("partial", "prompts_per_iteration", "group_size", "max_tokens", "replicas")
    validation = {"every": ITERATIONS + 1, "problems": 1, "choose": "last"}
    params, settings = small_rl.parameters(
        **{name: section[name] for name in taken}, iterations=ITERATIONS, validation=validation, max_num_seqs=256
    )
    model, tokenizer, prompts = small_rl.build(directory)
    progress, producer = Progress(), Producer("rl", {}, ())
    with open_engine(params, settings, directory / "start", model, progress) as engine:
        rl = RLRun(params, model, tokenizer, prompts, engine, directory / "state", progress, producer)
        rl.run("iterations")
        return rl.saved.seconds


def large_model(directory: Path) -> None:
    tokenizer = Tokenizer.train(["12 + 30 = 42", "the cat sat on the mat"], VOCABULARY)
    shape = load_params(ModelParams, "model", Path(".")).model_dump() | LARGE
    config = ModelConfig(**shape, vocab_size=VOCABULARY)
    model = vlm.build(config, SEED)
    tokenizer.save_pretrained(directory / "tokenizer")
    checkpoint.export_hf(directory / "hf", checkpoint.hf_state(model), config, directory / "tokenizer")
    arguments = {"hf_dir": directory / "hf", "max_model_len": config.max_length, "params": LARGE_ENGINE, "seed": 0}
    member = ProcessMember(arguments, LARGE_ENGINE.hang_s)
    try:
        member.weight_digests()  # it has come up
        (directory / "hf/model.safetensors").unlink()
        report(model, member)
    finally:
        member.close()


def report(model: vlm.VisionLanguageModel, member: ProcessMember) -> None:
    tensors = checkpoint.hf_state(model)
    shared = SharedWeights(tensors)
    size = sum(tensor.nbytes for tensor in tensors.values())
    print(f"large hand-over: {sum(t.numel() for t in tensors.values()) / 1e6:,.0f}M parameters, {size / 1e9:.2f} GB")
    parts: dict[str, Callable[[], Any]] = {
        "gather": lambda: checkpoint.hf_state(model),
        "publish": lambda: shared.publish(tensors),
        "engine copies": lambda: member.update_weights(shared.handle),
        "trainer digests": lambda: tensor_digests(tensors),
        "engine digests": member.weight_digests,
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in parts}
    for repetition in range(REPETITIONS + 1):
        for name, part in parts.items():
            seconds, plain = timed(part), memory_copy(size)
            if repetition:
                found[name].append((seconds, plain))
    shared.close()
    for name, times in found.items():
        seconds = statistics.median(one for one, _ in times)
        ratio = statistics.median(plain / one for one, plain in times)
        print(
            f"large hand-over: {name} {seconds:.2f} s, {size / seconds / 1e9:.2f} GB/s, {ratio:.2f} of memory's speed"
        )
    total = sum(statistics.median(one for one, _ in found[name]) for name in found if name != "gather")
    plain = statistics.median(one for times in found.values() for _, one in times)
    print(f"large hand-over: {total:.1f} s in all; a plain copy of as many bytes {plain:.2f} s", flush=True)


def memory_copy(size: int) -> float:
    """Seconds to copy `size` bytes between two tensors that are already in memory, a quarter of it at a time."""
    source = torch.ones(size // 16, dtype=torch.float32)
    target = torch.ones_like(source)
    return timed(lambda: [target.copy_(source) for _ in range(4)])


def timed(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
