"""Stage `rl` with a trainer of two ranks, which it starts itself: killed as a whole, run again, one set of outputs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from dvc.utils.hydra import compose_and_dump
from safetensors.torch import load_file

from k15 import tasks
from k15.artifacts import Producer, read_rows, verify, write_dataset
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig
from k15.params import read_params
from k15.tokenizer import Tokenizer

REPOSITORY = Path(__file__).parents[2]
OVERRIDES = [
    "profile=smoke",
    "model.kv_heads=2",
    "model.vision_heads=2",
    "rl.ranks=2",
    "rl.tensor_parallel=2",
    "rl.replicas=1",
    "rl.iterations=3",
    "rl.partial=null",
    "rl.prompts_per_iteration=4",
    "rl.group_size=4",
    "rl.max_tokens=12",
    "rl.validation.problems=1",
    "engine.deployment=process",
    "engine.kv_cache_gib=0.05",
    "engine.max_num_seqs=16",
]


def prepare(root: Path) -> None:
    """Params at smoke size, an untrained start, and prompts."""
    compose_and_dump(root / "params.yaml", str(REPOSITORY / "conf"), None, "config", str(root), OVERRIDES)
    problems = tasks.generate("shift", "train", 12, 1)
    tokenizer = Tokenizer.train([p.question for p in problems] * 9, 320)
    model = vlm.build(ModelConfig(**read_params(root)["model"], vocab_size=320, max_length=256), 1)
    producer = Producer("sft", {}, ())
    checkpoint.publish(root / "artifacts/sft/long", model, tokenizer, 1, producer)
    rows = [
        {
            "id": p.id,
            "family": p.family,
            "domain": "text",
            "difficulty": 1,
            "question": p.question,
            "answer": p.answer,
            "verifier": p.verifier,
            "spec": "",
            "images": [],
            "split": "train",
            "pass_rate": 0.5,
            "samples": 4,
            "guessed": False,
            "guess_hits": 0,
            "label": "medium",
            "tags": [],
            "kept": True,
            "reason": "",
        }
        for p in problems
    ]
    write_dataset(root / "artifacts/prompts", "prompt", rows, producer=producer)
    write_dataset(root / "artifacts/test_cases/problems", "code_problem", [], producer=producer)
    write_dataset(root / "artifacts/test_cases/cases", "test_case", [], producer=producer)


def start(root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "stages.rl", "--root", str(root)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_killed_stage_of_two_ranks_goes_on(tmp_path: Path) -> None:
    prepare(tmp_path)
    process = start(tmp_path)
    while not (tmp_path / "state/rl/iterations/00001").exists():
        assert process.poll() is None, process.communicate()[0][-3000:]
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()  # not before the ranks and their engines have closed the output, too
    assert not (tmp_path / "artifacts/rl").exists()

    process = start(tmp_path)
    said, _ = process.communicate()
    assert process.returncode == 0, said[-3000:]
    assert said.count("continuing an interrupted run") == said.count("rl: 3/3") == 1
    assert not (tmp_path / "state/rl").exists()

    verify(tmp_path / "artifacts/rl/model", "checkpoint")
    metrics = json.loads((tmp_path / "metrics/rl.json").read_text())
    trajectories = list(read_rows(tmp_path / "artifacts/rl/trajectories", "trajectory"))
    assert len(trajectories) == metrics["responses"] == 3 * 4 * 4
    assert [row["iteration"] for row in json.loads((tmp_path / "plots/rl.training.json").read_text())] == [1, 2, 3]
    assert json.loads((tmp_path / "metrics/timing/rl.json").read_text())["seconds"] > 0

    loaded, _ = checkpoint.load(tmp_path / "artifacts/rl/model")  # by one rank what two have written
    exported = load_file(tmp_path / "artifacts/rl/model/hf/model.safetensors")
    own = checkpoint.hf_state(loaded)
    assert all(torch.equal(tensor, own[name]) for name, tensor in exported.items())
