"""A small RL run with partial rollouts in flight, for the measurements that interrupt it: `python -m
benchmarks.small_rl DIR`.

The laptop profile's model with random weights, two engines, and a verifier that finds about half of the responses
correct (by the bytes of their text), so that every group teaches something. Announces each phase on standard output.
What it ends with goes to `DIR/result.json`: digests of the trajectories, the weights and the curve, and the counts
that must add up.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from k15.artifacts import Producer
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig, ModelParams
from k15.params import load_params, read_params
from k15.progress import Progress
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.verifiers import extract_then_compare
from k15.rl.loop import RLRun, open_engine
from k15.rl.params import RLParams
from k15.rl.trajectory import RLPrompt
from k15.rollout.fleet import Fleet
from k15.rollout.params import EngineParams
from k15.rollout.types import Chunk, Order
from k15.tasks import FAMILIES, generate
from k15.tokenizer import Tokenizer

_STRUCK = 3
PHASES = ("hand-over", "rollout", "reward", "update", "checkpoint")
ITERATIONS = 6
CHANGES: dict[str, Any] = {
    "iterations": ITERATIONS,
    "prompts_per_iteration": None,
    "partial": {"tokens": 3000, "at_once": 48, "max_age": 4},
    "group_size": 4,
    "max_tokens": 160,
    "replicas": 2,
    "validation": {"every": 3, "problems": 1, "choose": "last"},
}


def parameters(**changes: Any) -> tuple[RLParams, EngineParams]:
    document = read_params(Path("."))
    section = {name: value for name, value in document["rl"].items() if name in RLParams.model_fields}
    engine = document["engine"] | {"max_num_seqs": 32, "kv_cache_gib": 0.1, "hang_s": 20.0}
    engine |= {name: changes.pop(name) for name in list(changes) if name in EngineParams.model_fields}
    return RLParams(**section | CHANGES | changes), EngineParams(**engine)


def by_parity(cases: Sequence[Case]) -> list[Verdict]:
    return [Verdict.correct("even") if sum(case.answer.encode()) % 2 == 0 else Verdict.wrong("odd") for case in cases]


def announced(name: str, action: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        print(f"@phase {name}", flush=True)
        return action(*arguments, **options)

    return call


class Announcing(RLRun):
    """Says on standard output what it is about to do."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.hybrid.to_rollout = announced("hand-over", self.hybrid.to_rollout)  # type: ignore[method-assign]
        self.rollouts.engine.run = announced("rollout", self.rollouts.engine.run)  # type: ignore[method-assign]
        self.rollouts._judge.collect = announced("reward", self.rollouts._judge.collect)  # type: ignore[method-assign]
        self.train = announced("update", self.train)  # type: ignore[method-assign]
        self.checkpoints.save = announced("checkpoint", self.checkpoints.save)  # type: ignore[method-assign]


def build(directory: Path) -> tuple[vlm.VisionLanguageModel, Tokenizer, list[RLPrompt]]:
    """The same every time; the engines' export is written once."""
    problems = [p for f in FAMILIES.values() if not f.vision for p in generate(f.name, "train", 12, 1)]
    tokenizer = Tokenizer.train([p.question + p.long for p in problems], 512)
    shape = load_params(ModelParams, "model", Path("."))
    config = ModelConfig(**shape.model_dump(), vocab_size=tokenizer.vocab_size, max_length=512)
    model = vlm.build(config, seed=3)
    if not (directory / "start/hf/model.safetensors").exists():
        tokenizer.save_pretrained(directory / "start/tokenizer")
        checkpoint.export_hf(directory / "start/hf", checkpoint.hf_state(model), config, directory / "start/tokenizer")
    record = {"verifier": "parity", "answer": "even"}
    prompts = [
        RLPrompt(p.id, tokenizer.encode_prompt(p.question), (), record, (i % 10) / 10) for i, p in enumerate(problems)
    ]
    return model, tokenizer, prompts


def arm(fleet: Fleet, fault: str, mark: Path) -> None:
    """Let an engine die ("kill") or hang, half a second into the third rollout; once, whatever is started again."""
    run, begun = fleet.run, 0

    def strike() -> None:
        mark.touch()
        if fleet.members:
            os.kill(fleet.members[0].pid, signal.SIGSTOP if fault == "hang" else signal.SIGKILL)
        else:  # SIGSTOP would stop this process with it: a step that does not return
            assert fleet.local is not None
            fleet.local._llm.step = lambda: time.sleep(10**6)  # type: ignore[method-assign, return-value]

    def struck(order: Order) -> Iterator[Chunk]:
        nonlocal begun
        begun += 1
        if begun == _STRUCK and not mark.exists():
            threading.Timer(0.5, strike).start()
        return run(order)

    fleet.run = struck  # type: ignore[method-assign]


def run(directory: Path, fault: str | None, **changes: Any) -> dict[str, Any]:
    VERIFIERS["parity"] = extract_then_compare(lambda response, mode: response, by_parity)
    params, settings = parameters(**changes)
    model, tokenizer, prompts = build(directory)
    progress = Progress()
    with open_engine(params, settings, directory / "start", model, progress) as engine:
        assert isinstance(engine, Fleet)
        if fault is not None:
            arm(engine, fault, directory / "struck")
        rl = Announcing(
            params, model, tokenizer, prompts, engine, directory / "state", progress, Producer("rl", {}, ())
        )
        rows = rl.run("small rl")
        result = {"lost_engines": engine.lost, **_digests(rl, rows), **_counts(rl, rows)}
    (directory / "result.json").write_text(json.dumps(result))
    return result


def _digests(rl: RLRun, rows: list[dict[str, Any]]) -> dict[str, str]:
    def digest(value: Any) -> str:
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]

    tensors = checkpoint.hf_state(rl.model)
    weights = hashlib.sha256(b"".join(tensors[name].numpy().tobytes() for name in sorted(tensors))).hexdigest()[:16]
    return {"trajectories": digest(rl.trajectories()), "weights": weights, "curve": digest(rows)}


def _counts(rl: RLRun, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Every token that an iteration says it sampled is in exactly one segment that a response owns, every group has its
    k responses, and what a branch shares is its root's."""
    found = [*rl.trajectories(), *rl.saved.buffer.rows()]
    rooted = {(row["group"], row["sample"]): row for row in found if not row["shared"]}
    keys = [(row["group"], row["sample"]) for row in found]
    own = [segment for row in found for segment in row["segments"][row["shared"] :]]
    by_version = [sum(s["tokens"] for s in own if s["version"] == i) for i in range(len(rows))]
    sizes = {group: sum(key[0] == group for key in rooted) for group, _ in keys}
    branched = [
        (row, rooted[row["group"], row["sample"] % rl.params.group_size], row["shared"])
        for row in found
        if row["shared"]
    ]
    whole = all(len(row["response_ids"]) == len(row["logprobs"]) for row in found)
    return {
        "prompts": len(sizes),
        "responses": len(keys),
        "branches": len(branched),
        "tokens": sum(by_version),
        "sampled": sum(row["sampled_tokens"] for row in rows),
        "adds_up": len(keys) == len(set(keys))
        and set(sizes.values()) == {rl.params.group_size}
        and by_version == [row["sampled_tokens"] for row in rows]
        and all(row["segments"][:shared] == root["segments"][:shared] for row, root, shared in branched)
        and whole,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small_rl")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--fault", choices=("kill", "hang"), help="of an engine, in the third rollout")
    parser.add_argument("changes", nargs="*", help="key=JSON of section rl or engine")
    options = parser.parse_intermixed_args()
    changes = {name: json.loads(value) for name, _, value in (change.partition("=") for change in options.changes)}
    try:
        run(options.directory, options.fault, **changes)
    except UserError as error:
        print(f"small_rl: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
