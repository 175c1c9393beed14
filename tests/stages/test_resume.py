"""A training stage that is killed (SIGKILL, whole process group) again and again ends with the same artifact."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from dvc.utils.hydra import compose_and_dump

REPOSITORY = Path(__file__).parents[2]
OVERRIDES = ("profile=smoke", "pretrain.steps=60", "pretrain.save_every=10")


def start(root: Path, stage: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"stages.{stage}", "--root", str(root)],
        cwd=REPOSITORY,
        env={**os.environ, "K15_EVENTS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> None:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output[-2000:]


def kill_during(root: Path, stage: str, pause: float) -> None:
    """SIGKILL the stage `pause` seconds after its first sign of training."""
    process = start(root, stage)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("@k15 ") and json.loads(line[5:])["event"] == "progress":
            break
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def digest(root: Path) -> str:
    manifest: dict[str, str] = json.loads((root / "artifacts/pretrain/manifest.json").read_text())
    return manifest["digest"]


def test_killed_pretraining_ends_with_the_same_artifact(tmp_path):
    compose_and_dump(tmp_path / "params.yaml", str(REPOSITORY / "conf"), None, "config", str(tmp_path), list(OVERRIDES))
    finish(start(tmp_path, "curate"))
    finish(start(tmp_path, "pretrain"))
    whole = digest(tmp_path)
    weights = (tmp_path / "artifacts/pretrain/hf/model.safetensors").read_bytes()
    subprocess.run(["rm", "-rf", tmp_path / "artifacts/pretrain"], check=True)
    moments = random.Random(7)
    for _ in range(2):
        kill_during(tmp_path, "pretrain", moments.uniform(0.1, 1.5))
    finish(start(tmp_path, "pretrain"))
    assert digest(tmp_path) == whole
    assert (tmp_path / "artifacts/pretrain/hf/model.safetensors").read_bytes() == weights
    assert not (tmp_path / "state/pretrain").exists()
