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
from tests.k15.rollout.conftest import MAX_MODEL_LEN

PARAMS = EngineParams(max_num_seqs=16, kv_cache_gib=0.05)
PROMPTS = [Prompt([20 + n, 21, 22]) for n in range(5)]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=8, logprobs=True)
DRAWN = Sampling(n=4, temperature=1.0, max_tokens=8, seed=5)


@pytest.fixture(scope="module")
def pair(export: Callable[[int], Path]) -> Iterator[ReplicatedEngine]:
    engine = ReplicatedEngine(export(1), max_model_len=MAX_MODEL_LEN, params=PARAMS, replicas=2)
    yield engine
    engine.close()


class Counter:
    done = 0

    def advance(self) -> None:
        self.done += 1


def test_greedy_answers_are_those_of_one_engine(pair: ReplicatedEngine, engine: Engine) -> None:
    counter = Counter()
    shared = pair.generate(PROMPTS, GREEDY, counter)  # type: ignore[arg-type]
    alone = engine.generate(PROMPTS, GREEDY)
    assert [[s.ids for s in answers] for answers in shared] == [[s.ids for s in answers] for answers in alone]
    for (one,), (other,) in zip(shared, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-5)
    assert counter.done == len(PROMPTS)


def test_draws_repeat_and_differ_between_replicas(pair: ReplicatedEngine) -> None:
    same = [PROMPTS[0]] * 2  # one for each replica
    first, again = pair.generate(same, DRAWN), pair.generate(same, DRAWN)
    assert first == again
    assert first[0] != first[1]
    assert pair.generate([], DRAWN) == []


def test_weights_reach_every_replica(pair: ReplicatedEngine, export: Callable[[int], Path]) -> None:
    before = pair.weight_digests()
    pair.update_weights(load_file(export(2) / "model.safetensors"))
    assert pair.weight_digests() != before
    pair.load_hf(export(1))
    assert pair.weight_digests() == before


def test_a_bad_prompt_is_named_by_its_place_in_the_call(pair: ReplicatedEngine) -> None:
    with pytest.raises(UserError, match="prompt 3 has 0 <image> tokens and 1 images"):
        pair.generate([*PROMPTS[:3], Prompt([20], (b"no picture",))], GREEDY)
    assert len(pair.generate(PROMPTS, GREEDY)) == len(PROMPTS)


def test_a_dead_replica_is_one_clear_line(export: Callable[[int], Path]) -> None:
    engine = ReplicatedEngine(export(1), max_model_len=MAX_MODEL_LEN, params=PARAMS, replicas=2)
    engine.generate(PROMPTS, GREEDY)
    os.kill(engine._others[0]._process.pid, signal.SIGKILL)
    with pytest.raises(UserError, match=r"an engine replica ended \(-9\)"):
        engine.generate(PROMPTS, GREEDY)
    engine.close()


SCRIPT = """
import sys, time
from pathlib import Path
from k15.rollout.params import EngineParams
from k15.rollout.replicas import ReplicatedEngine
params = EngineParams(max_num_seqs=16, kv_cache_gib=0.05)
engine = ReplicatedEngine(Path(sys.argv[1]), max_model_len=64, params=params, replicas=2)
print(engine._others[0]._process.pid, flush=True)
time.sleep(600)
"""


def test_replicas_end_with_their_parent(export: Callable[[int], Path]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(export(1))]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline().split()[-1])
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(child)


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
