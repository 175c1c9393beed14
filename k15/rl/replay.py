"""One recorded iteration run again, alone and offline, to look into what it did.

    python -m k15.rl.replay RECORDING rollout|train [--write DIRECTORY]

`rollout` samples and judges it again with the recorded weights, prompts and seeds, and compares every response token by
token; `train` learns again from the recorded responses and compares the figures and the weights bit by bit. Exit code
1 if anything differs, 2 if the recording cannot be used.

Equal is to be expected on the machine (and number of threads) that recorded it, on CPU, with engines that are not
behind HTTP; on a GPU, rounding depends on what else is in a batch. Recordings of several trainer ranks are replayed
under torchrun with as many.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from k15.artifacts import Producer, read_rows, write_dataset
from k15.artifacts.storage import write_json
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.progress import Progress
from k15.ranks import leads
from k15.rl.loop import RLRun, open_engine
from k15.rl.mismatch import MismatchParams
from k15.rl.ranks import LeadersEngine, from_leader
from k15.rl.recording import Recording, weights_digest
from k15.rl.state import groups_of, trajectory_rows, weights_of
from k15.rl.summary import summary
from k15.rollout.face import RolloutEngine

Row = dict[str, Any]
_NO_LIMITS = MismatchParams(mean_limit=1e30, multiplicative_limit=1e30, canary_limit=1e30)
"""A difference is what a replay is there to show."""


@dataclass
class Outcome:
    """What came out beside what was recorded: name, recorded, replayed; `first` is where responses first differ."""

    figures: list[tuple[str, Any, Any]]
    first: str = ""
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """Datasets of what came out, under the names of their schemas."""

    @property
    def same(self) -> bool:
        return not self.first and all(_same(recorded, replayed) for _, recorded, replayed in self.figures)

    def table(self) -> str:
        cells = [("", "recorded", "replayed", "")]
        for name, recorded, replayed in self.figures:
            cells.append((name, str(recorded), str(replayed), "" if _same(recorded, replayed) else "differs"))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        return "\n".join([*lines, *([self.first] if self.first else []), "the same" if self.same else "not the same"])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m k15.rl.replay", description="Run one recorded iteration again.")
    parser.add_argument("recording", type=Path, help="a directory such as recordings/rl/00012")
    parser.add_argument("phase", choices=("rollout", "train"))
    parser.add_argument("--write", type=Path, metavar="DIRECTORY", help="keep what came out")
    options = parser.parse_args(argv)
    try:
        outcome = replay(Recording.open(options.recording), options.phase, options.write)
    except UserError as error:
        print(f"k15 replay: error: {error}", file=sys.stderr)
        return 2
    if leads():
        print(outcome.table())
    return 0 if outcome.same else 1


def replay(recording: Recording, phase: str, write: Path | None = None) -> Outcome:
    """`phase` is rollout | train. Collective."""
    if (ranks := int(os.environ.get("WORLD_SIZE", "1"))) != recording.ranks:
        raise UserError(
            f"{recording.path} was recorded on {recording.ranks} rank(s) and this is {ranks}: start it with torchrun "
            f"--nproc-per-node {recording.ranks} -m k15.rl.replay, or plainly for one"
        )
    model = vlm.build(recording.shape(), seed=0, tensor_parallel=recording.params.tensor_parallel)
    if phase == "train":
        outcome = _train(recording, _restored(recording, model, LeadersEngine()))
    else:
        with tempfile.TemporaryDirectory() as place:
            tensors = checkpoint.hf_state(model)
            if leads():  # engines need an export to start from; the weights come with the hand-over
                checkpoint.export_hf(Path(place, "hf"), tensors, model.shape, recording.path / "tokenizer")
            with open_engine(recording.params, recording.engine, Path(place), model, Progress()) as engine:
                outcome = _roll_out(recording, _restored(recording, model, engine))
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        if phase == "train":
            torch.save(weights_of(model), write / f"weights.{dist.get_rank()}.pt")
        if leads():
            _write(write, recording, outcome)
    return outcome


def _restored(recording: Recording, model: vlm.VisionLanguageModel, engine: RolloutEngine) -> RLRun:
    producer = Producer("replay", {"rl": recording.params.model_dump(mode="json")}, ())
    run = RLRun(
        recording.params.model_copy(update={"mismatch": _NO_LIMITS}),
        model,
        recording.tokenizer(),
        recording.prompts(),
        engine,
        recording.path,
        Progress(),
        producer,
    )
    run.checkpoints.load(recording.iteration, run.saved, run.prompts)
    return run


def _train(recording: Recording, run: RLRun) -> Outcome:
    rows = read_rows(run.checkpoints.trajectories_of(recording.iteration), "trajectory")
    groups = groups_of(rows, run.prompts)
    judged = run.rewarded(recording.iteration, groups)
    run.trainer.put_away()
    run.trainer.take_out()
    found = summary(groups) | run.train(recording.iteration, judged)
    digest = from_leader(lambda: weights_digest(run.model))
    return Outcome([*_figures(recording, found), ("weights", recording.weights[:16], digest[:16])])


def _roll_out(recording: Recording, run: RLRun) -> Outcome:
    iteration = recording.iteration
    try:
        run.hybrid.to_rollout()
        phase = from_leader(lambda: run.roll_out(iteration))
    finally:
        run.rollouts.close()
    run.rewarded(iteration, phase.groups)
    rows = {"trajectory": trajectory_rows(iteration, phase.groups), "replay_buffer": run.saved.buffer.rows()}
    recorded = read_rows(run.checkpoints.trajectories_of(iteration), "trajectory")
    first = first_difference(recorded, rows["trajectory"])
    if leads():
        first = first or first_difference(recording.buffer(), rows["replay_buffer"])
    return Outcome(_figures(recording, summary(phase.groups) | phase.figures), first, rows)


def _figures(recording: Recording, found: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, recording.row.get(name), value) for name, value in found.items()]


def first_difference(recorded: Iterable[Row], replayed: Iterable[Row]) -> str:
    """The first response, by group and number, that differs, and in what; empty if none does."""
    ours, theirs = ({(row["group"], row["sample"]): row for row in rows} for rows in (replayed, recorded))
    for key in sorted(ours.keys() | theirs.keys()):
        where = f"response {key[1]} of group {key[0]}"
        if key not in ours or key not in theirs:
            return f"{where} is only {'recorded' if key in theirs else 'replayed'}"
        for name, value in theirs[key].items():
            if not _same(value, ours[key][name]):
                return f"{where}: {_difference(name, value, ours[key][name])}"
    return ""


def _difference(name: str, recorded: Any, replayed: Any) -> str:
    if not isinstance(recorded, list):
        return f"{name} was {recorded!r} and is {replayed!r}"
    places = (i for i, (a, b) in enumerate(zip(recorded, replayed, strict=False)) if not _same(a, b))
    place = next(places, min(len(recorded), len(replayed)))
    return f"{name} differ from place {place} on (was {recorded[place:][:1]}, is {replayed[place:][:1]})"


def _same(recorded: Any, replayed: Any) -> bool:
    """Equal; NaN, the reward of a response without a verdict, equals itself."""
    return bool(recorded == replayed or (recorded != recorded and replayed != replayed))


def _write(directory: Path, recording: Recording, outcome: Outcome) -> None:
    producer = Producer("replay", {"rl": recording.params.model_dump(mode="json")}, ())
    for schema, rows in outcome.rows.items():
        write_dataset(directory / schema, schema, rows, producer=producer)
    write_json(directory / "row.json", {name: value for name, _, value in outcome.figures})


if __name__ == "__main__":
    sys.exit(main())
