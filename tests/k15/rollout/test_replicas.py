"""Two engines answer as one: the same samples again and again, the same weights, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file

from k15.errors import UserError
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.replicas import ReplicatedEngine
from k15.rollout.types import Prompt, Sampling
from k15.tokenizer import IMAGE
from tests.k15.rollout.conftest import MAX_MODEL_LEN, picture

PARAMS = EngineParams(max_num_seqs=16, kv_cache_gib=0.05)
PROMPTS = [Prompt([20 + n, 21, 22]) for n in range(5)]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=8, logprobs=True)
DRAWN = Sampling(n=4, temperature=1.0, max_tokens=8, seed=5)


def open_pair(export: Callable[[int], Path]) -> ReplicatedEngine:
    return ReplicatedEngine(export(1), max_model_len=MAX_MODEL_LEN, params=PARAMS, replicas=2)


@pytest.fixture(scope="module")
def pair(export: Callable[[int], Path]) -> Iterator[ReplicatedEngine]:
    with open_pair(export) as engine:
        yield engine


class Counter:
    done = 0

    def advance(self, n: int = 1) -> None:
        self.done += n


def test_greedy_answers_are_those_of_one_engine(pair: ReplicatedEngine, engine: Engine) -> None:
    prompts = [*PROMPTS, *(Prompt([20, IMAGE, 21], (picture(n),)) for n in range(2))]
    counter = Counter()
    shared = pair.generate(prompts, GREEDY, counter)  # type: ignore[arg-type]
    alone = engine.generate(prompts, GREEDY)
    assert [[s.ids for s in answers] for answers in shared] == [[s.ids for s in answers] for answers in alone]
    for (one,), (other,) in zip(shared, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-5)
    assert counter.done == len(prompts)


def test_draws_repeat_and_differ_between_replicas(pair: ReplicatedEngine, export: Callable[[int], Path]) -> None:
    same = [PROMPTS[0]] * 2  # one for each replica
    first, again = pair.generate(same, DRAWN), pair.generate(same, DRAWN)
    assert first == again
    assert first[0] != first[1]
    assert pair.generate([], DRAWN) == []
    with open_pair(export) as fresh:  # as a resumed run opens it
        assert fresh.generate(same, DRAWN) == first
        process = fresh._others[0]._process
    assert process.poll() is not None


def test_weights_reach_every_replica(pair: ReplicatedEngine, export: Callable[[int], Path]) -> None:
    before = pair.weight_digests()
    pair.update_weights(load_file(export(2) / "model.safetensors"))
    assert pair.weight_digests() != before
    pair.load_hf(export(1))
    assert pair.weight_digests() == before


def test_other_weights_in_a_replica_are_noticed(export: Callable[[int], Path]) -> None:
    with open_pair(export) as engine:
        Engine.update_weights(engine, load_file(export(2) / "model.safetensors"))
        with pytest.raises(UserError, match="replicas hold different weights"):
            engine.weight_digests()


@pytest.mark.parametrize("place", [2, 3])  # in the share of each
def test_a_refused_call_leaves_nothing_behind(place: int, pair: ReplicatedEngine) -> None:
    good, weights = pair.generate(PROMPTS, GREEDY), pair.weight_digests()
    mixed = list(PROMPTS)
    mixed[place] = Prompt([20], (b"no picture",))
    with pytest.raises(UserError, match=f"prompt {place} has 0 <image> tokens and 1 images"):
        pair.generate(mixed, GREEDY)
    mixed[place] = Prompt([20, IMAGE], (b"no picture",))
    with pytest.raises(UserError, match="not a readable picture"):
        pair.generate(mixed, GREEDY)
    with pytest.raises(UserError, match="weights do not fit"):
        pair.update_weights({})
    assert pair.generate(PROMPTS, GREEDY) == good
    assert pair.weight_digests() == weights


def test_a_dead_replica_is_one_clear_line(export: Callable[[int], Path]) -> None:
    with open_pair(export) as engine:
        engine.generate(PROMPTS, GREEDY)
        os.kill(engine._others[0]._process.pid, signal.SIGKILL)
        with pytest.raises(UserError, match="an engine replica has ended"):
            engine.generate(PROMPTS, GREEDY)


def test_an_engine_that_does_not_start_leaves_no_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    with pytest.raises(UserError, match=r"config\.json is missing"):
        ReplicatedEngine(tmp_path, max_model_len=64, params=PARAMS, replicas=2)
    assert len(started) == 1 and started[0].poll() is not None


SCRIPT = """
import sys, time
from pathlib import Path
from k15.rollout.params import EngineParams
from k15.rollout.replicas import ReplicatedEngine
params = EngineParams(max_num_seqs=16, kv_cache_gib=0.05)
engine = ReplicatedEngine(Path(sys.argv[1]), max_model_len=64, params=params, replicas=2)
print("replica", engine._others[0]._process.pid, flush=True)
time.sleep(600)
"""


def test_replicas_end_with_their_parent(export: Callable[[int], Path]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(export(1))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            line = next((line for line in parent.stdout if line.startswith("replica ")), "")
        finally:
            parent.kill()
    assert line, "the script ended before it had a replica"
    child, deadline = int(line.split()[1]), time.monotonic() + 30
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(child)


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
