"""What an RL run with partial rollouts leaves for the report: three iterations of two groups each; the last of code."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

from PIL import Image

from k15.artifacts import Producer, write_dataset

ITERATIONS = 3
QUESTIONS = {"edit-1": "reverse <abc>", "chart-1": "how tall is the bar?"}


def curve() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "iteration": n + 1,
            "canary": 1e-7,
            "accuracy": 0.4 + n / 10,
            "reward": 0.4,
            "length": 70.0 - n,
            "truncated": 0.25,
            "repeated": 0.125,
            "aged": 0.0,
            "in_parts": 0.5,
            "responses": 8,
            "unjudged": 0,
            "sampled_tokens": 500,
            "sampled_responses": 9,
            "expired": 0,
            "carried_responses": 3 - n,
            "carried_tokens": 40 * n,
            "mismatch": 1e-6,
            "mismatch_max": 3e-5,
            "mismatch_kl": 2e-12,
            "mismatch_multiplicative": 1.000002,
            "loss": 0.1,
            "grad_norm": 0.5,
            "share_hard": 0.25,
            "success_hard": 0.1 * n,
            "share_easy": 0.75,
            "success_easy": 0.9,
            "effective_prompts": 20.0,
        }
        for n in range(ITERATIONS)
    ]
    rows[0] |= {"heldout_accuracy": 0.375, "heldout_length": 64.0}
    rows[-1] |= {"heldout_accuracy": 0.5, "heldout_length": 60.0}
    return rows


def phases() -> list[dict[str, float]]:
    seconds = {"gather": 0.01, "weights": 0.02, "checks": 0.03, "to_rollout": 0.06, "rollout": 2.0, "reward_wait": 0.1}
    seconds |= {"to_training": 0.01, "update": 1.5, "checkpoint": 0.2}
    return [{"iteration": n + 1, **seconds} for n in range(ITERATIONS)]


def write_trajectories(root: Path) -> None:
    producer = Producer("rl", {"seed": 7})
    prompts = [prompt("edit-1", "edit", []), prompt("chart-1", "charts", [picture()])]
    write_dataset(root / "artifacts" / "prompts", "prompt", prompts, producer=producer)
    write_dataset(root / "artifacts" / "test_cases" / "problems", "code_problem", [problem()], producer=producer)
    rows = [
        trajectory(iteration, group, sample)
        for iteration in range(ITERATIONS)
        for group in (2 * iteration, 2 * iteration + 1)
        for sample in range(4)
    ]
    write_dataset(root / "artifacts" / "rl" / "trajectories", "trajectory", rows, producer=producer)


def trajectory(iteration: int, group: int, sample: int) -> dict[str, Any]:
    """Of each group one response is right, two are wrong and one has no verdict; the first two have two parts."""
    verdict = ("correct", "wrong", "wrong", "error")[sample]
    reward = {"correct": 1.25, "wrong": -0.25 * sample, "error": math.nan}[verdict]
    parts = [{"version": iteration - 1, "tokens": 2}] if sample < 2 and iteration else []
    return {
        "prompt_id": ("edit-1", "chart-1")[group % 2] if group < 4 else "code/islands",
        "group": group,
        "sample": sample,
        "iteration": iteration,
        "started": iteration,
        "prompt_ids": [1, 2],
        "response_ids": [5] * (4 + 2 * bool(parts)),
        "logprobs": [-1.0] * (4 + 2 * bool(parts)),
        "segments": [*parts, {"version": iteration, "tokens": 4}],
        "shared": 0,
        "finish_reason": "stop" if sample < 2 else "length",
        "text": f"<cba> of iteration {iteration}, group {group}, sample {sample}",
        "score": float(verdict == "correct"),
        "reward": reward,
        "verdict": verdict,
    }


def problem() -> dict[str, Any]:
    counts = dict.fromkeys(("submissions", "unrunnable", "valid_cases", "unjudged_cases", "passing"), 10)
    texts = {"id": "islands", "statement": "Count the islands.", "generator": "stored", "reason": ""}
    return counts | texts | {"special_judge": False, "tolerance": None, "case_sensitive": True, "kept": True}


def prompt(name: str, family: str, images: list[bytes]) -> dict[str, Any]:
    return {
        "id": name,
        "family": family,
        "domain": "math",
        "difficulty": 1,
        "question": QUESTIONS[name],
        "answer": "cba",
        "verifier": "exact",
        "spec": "",
        "images": images,
        "split": "train",
        "pass_rate": 0.5,
        "samples": 10,
        "guessed": False,
        "guess_hits": 0,
        "label": "medium",
        "tags": [],
        "kept": True,
        "reason": "",
    }


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, format="PNG")
    return buffer.getvalue()
