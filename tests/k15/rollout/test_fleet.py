"""Two engines answer as one: the same samples again and again, the same weights, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from k15.errors import UserError
from k15.progress import Progress
from k15.rollout.engine import Engine
from k15.rollout.fleet import Fleet, open_fleet
from k15.rollout.member import ProcessMember
from k15.rollout.types import Key, Order, Partial, Prompt, Request, Sampling, remainder
from k15.tokenizer import IMAGE
from tests.k15 import tiny
from tests.k15.rollout.conftest import MAX_MODEL_LEN, picture

PROMPTS = [Prompt([20 + n, 21, 22]) for n in range(5)]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=8, logprobs=True)
DRAWN = Sampling(n=4, temperature=1.0, max_tokens=8, seed=5)


def open_pair(export: Callable[[int], Path]) -> Fleet:
    return opened(export, 2)


def opened(export: Callable[[int], Path], replicas: int, **changes: Any) -> Fleet:
    params = tiny.engine_params(**changes)
    return open_fleet(
        export(1), max_model_len=MAX_MODEL_LEN, params=params, seed=0, replicas=replicas, progress=Progress()
    )


@pytest.fixture(scope="module")
def pair(export: Callable[[int], Path]) -> Iterator[Fleet]:
    with open_pair(export) as engine:
        yield engine


def process_of(fleet: Fleet) -> subprocess.Popen[bytes]:
    member = fleet.members[0]
    assert isinstance(member, ProcessMember)
    return member.process


class Counter:
    done = 0

    def advance(self, n: int = 1) -> None:
        self.done += n


def test_greedy_answers_are_those_of_one_engine(pair: Fleet, engine: Engine) -> None:
    prompts = [*PROMPTS, *(Prompt([20, IMAGE, 21], (picture(n),)) for n in range(2))]
    counter = Counter()
    shared = pair.generate(prompts, GREEDY, counter)  # type: ignore[arg-type]
    alone = engine.generate(prompts, GREEDY)
    assert [[s.ids for s in answers] for answers in shared] == [[s.ids for s in answers] for answers in alone]
    for (one,), (other,) in zip(shared, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-5)
    assert counter.done == len(prompts)


def test_draws_repeat_and_differ_between_replicas(pair: Fleet, export: Callable[[int], Path]) -> None:
    same = [PROMPTS[0]] * 2  # one for each replica
    first, again = pair.generate(same, DRAWN), pair.generate(same, DRAWN)
    assert first == again
    assert first[0] != first[1]
    assert pair.generate([], DRAWN) == []
    with open_pair(export) as fresh:  # as a resumed run opens it
        assert fresh.generate(same, DRAWN) == first
        process = process_of(fresh)
    assert process.poll() is not None


def test_weights_reach_every_replica(pair: Fleet, export: Callable[[int], Path]) -> None:
    before = pair.weight_digests()
    pair.update_weights(load_file(export(2) / "model.safetensors"))
    assert pair.weight_digests() != before
    pair.update_weights(load_file(export(1) / "model.safetensors"))
    assert pair.weight_digests() == before


def test_other_weights_in_a_replica_are_noticed(export: Callable[[int], Path]) -> None:
    with open_pair(export) as engine:
        assert engine.local is not None
        engine.local.update_weights(load_file(export(2) / "model.safetensors"))
        with pytest.raises(UserError, match="engines hold different weights"):
            engine.weight_digests()


@pytest.mark.parametrize("place", [2, 3])  # in the share of each
def test_a_refused_call_leaves_nothing_behind(place: int, pair: Fleet) -> None:
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


LONG = Order(
    [Request((g, n), PROMPTS[g]) for g in range(5) for n in range(4)],
    Sampling(n=1, temperature=1.0, max_tokens=120, seed=3, logprobs=True),
)


def answers(fleet: Fleet, order: Order, act: Callable[[], None] | None = None) -> dict[Key, Partial]:
    """What came of the order; `act` once the first tokens have come."""
    found: dict[Key, Partial] = {}
    for chunk in fleet.run(order):
        if act is not None and chunk.ids:
            act()
            act = None
        found.setdefault(chunk.key, Partial()).add(chunk)
    return found


def send(fleet: Fleet, number: int) -> Callable[[], None]:
    return lambda: os.kill(process_of(fleet).pid, number)


@pytest.mark.parametrize(("number", "deployment"), [(signal.SIGKILL, "in_process"), (signal.SIGSTOP, "process")])
def test_a_lost_engine_is_replaced_and_nothing_counts_twice(
    number: int, deployment: str, export: Callable[[int], Path]
) -> None:
    with opened(export, 2, deployment=deployment, hang_s=15.0) as fleet:
        tensors = load_file(export(2) / "model.safetensors")
        fleet.update_weights(tensors)
        digests = fleet.weight_digests()
        found = answers(fleet, LONG, send(fleet, number))
        assert fleet.lost == 1
        assert found.keys() == {request.key for request in LONG.requests}
        for partial in found.values():
            assert partial.finish_reason in ("stop", "length")
            assert len(partial.ids) == len(partial.logprobs) <= 120
            assert (len(partial.ids) == 120) == (partial.finish_reason == "length")
        assert fleet.weight_digests() == digests  # the new one has the newest weights
        for key, partial in found.items():  # and every token is one that they give
            for values in fleet.logprobs(PROMPTS[key[0]], partial.ids):
                assert values == pytest.approx(partial.logprobs, abs=1e-4)


def test_an_engine_that_dies_again_and_again_is_one_clear_line(export: Callable[[int], Path]) -> None:
    with opened(export, 2, restarts=0) as fleet, pytest.raises(UserError, match=r"was killed.*1 times in a row"):
        answers(fleet, LONG, send(fleet, signal.SIGKILL))


def test_a_budget_ends_an_order_and_another_one_continues_it(pair: Fleet) -> None:
    order = replace(LONG, budget=300)
    found = answers(pair, order)
    sampled = sum(len(partial.ids) for partial in found.values())
    assert 300 <= sampled <= 300 + len(LONG.requests)
    assert any(partial.finish_reason is None for partial in found.values())
    rest = answers(pair, replace(remainder(order, found), budget=None))
    for key, partial in rest.items():
        begun = found.get(key, Partial())
        assert begun.finish_reason is None and partial.finish_reason is not None
        together = begun.ids + partial.ids
        assert len(together) <= 120
        for values in pair.logprobs(PROMPTS[key[0]], together):  # as if it had been sampled in one go
            assert values == pytest.approx(begun.logprobs + partial.logprobs, abs=1e-4)


def test_an_order_that_is_given_up_leaves_nothing_behind(pair: Fleet) -> None:
    good = pair.generate(PROMPTS, GREEDY)
    next(pair.run(LONG))
    assert pair.generate(PROMPTS, GREEDY) == good


def test_an_engine_that_does_not_start_leaves_no_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    with pytest.raises(UserError, match=r"config\.json is missing"):
        opened(lambda _: tmp_path, 2)
    assert len(started) == 1 and started[0].poll() is not None


SCRIPT = """
import sys, time
from pathlib import Path
from tests.k15.rollout.test_fleet import opened, process_of
fleet = opened(lambda _: Path(sys.argv[1]), 2)
print("replica", process_of(fleet).pid, flush=True)
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
