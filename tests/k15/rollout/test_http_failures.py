"""A server that dies or hangs is noticed and replaced, what it delivered counts once, nothing outlives its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from k15.errors import UserError
from k15.progress import Progress
from k15.rollout.fleet import open_fleet
from k15.rollout.http_member import HTTPMember
from k15.rollout.member import EngineLost
from k15.rollout.shared_weights import SharedWeights
from k15.rollout.types import Chunk, Key, Order, Partial, Prompt, Request, Sampling, remainder
from tests.k15 import tiny
from tests.k15.rollout.conftest import MAX_MODEL_LEN

PROMPTS = [Prompt([20 + n, 21, 22]) for n in range(8)]
SAMPLING = Sampling(n=1, temperature=1.0, max_tokens=150, seed=3, logprobs=True)
ORDER = Order([Request((group, number), PROMPTS[group]) for group in range(8) for number in range(16)], SAMPLING)
HANG_S = 20.0


@pytest.fixture(scope="module")
def member(export: Callable[[int], Path]) -> Iterator[HTTPMember]:
    member = opened(export(1))
    yield member
    member.close()


def opened(hf_dir: Path, max_model_len: int = MAX_MODEL_LEN) -> HTTPMember:
    params = tiny.engine_params()
    return HTTPMember({"hf_dir": hf_dir, "max_model_len": max_model_len, "params": params, "seed": 0}, HANG_S)


def processes(member: HTTPMember) -> list[int]:
    """The server and what it started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (group := _group(int(entry.name))) == member.server.group:
            assert group != os.getpgid(0)
            found.append(int(entry.name))
    return sorted(found)


def _group(process: int) -> int | None:
    """Its process group, unless it has ended."""
    try:
        state, _, group = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(group)


def received_until_lost(
    member: HTTPMember, order: Order, why: str, act: Callable[[], None], after: int
) -> dict[Key, Partial]:
    """What came of `order` when `act` was done as soon as `after` tokens had come, some of unfinished responses."""
    received: dict[Key, Partial] = {}
    acted = False
    with pytest.raises(EngineLost, match=why):
        for chunk in member.run(order):
            add(received, chunk)
            begun = any(partial.finish_reason is None for partial in received.values())
            if not acted and begun and tokens(received) >= after:
                act()
                acted = True
    return received


def tokens(received: dict[Key, Partial]) -> int:
    return sum(len(partial.ids) for partial in received.values())


def add(received: dict[Key, Partial], chunk: Chunk) -> None:
    received.setdefault(chunk.key, Partial()).add(chunk)


def kill_all(member: HTTPMember) -> None:
    os.killpg(member.server.group, signal.SIGKILL)


def stop_all(member: HTTPMember) -> None:
    os.killpg(member.server.group, signal.SIGSTOP)


def kill_engine(member: HTTPMember) -> None:
    """Not the server, which is first."""
    for process in processes(member)[1:]:
        os.kill(process, signal.SIGKILL)


def stop_engine(member: HTTPMember) -> None:
    for process in processes(member)[1:]:
        os.kill(process, signal.SIGSTOP)


HUNG, DEAD = "has not moved for 20 s", "was killed|failed|ended|hung up"


@pytest.mark.parametrize(("act", "why"), [(kill_all, DEAD), (stop_all, HUNG), (kill_engine, DEAD), (stop_engine, HUNG)])
def test_a_lost_engine_goes_on_as_if_nothing_had_been(
    act: Callable[[HTTPMember], None], why: str, member: HTTPMember, export: Callable[[int], Path]
) -> None:
    tensors = load_file(export(2) / "model.safetensors")
    memory = SharedWeights(tensors)
    memory.publish(tensors)
    member.update_weights(memory.handle)
    digests = member.weight_digests()
    before = processes(member)
    order = replace(ORDER, budget=9000)
    received = received_until_lost(member, order, why, lambda: act(member), after=1500)
    for ask in (member.weight_digests, member.release, lambda: list(member.run(order))) if why == DEAD else ():
        with pytest.raises(EngineLost, match=DEAD):
            ask()

    member.restart()
    member.update_weights(memory.handle)
    assert member.weight_digests() == digests
    for chunk in member.run(remainder(order, received)):
        add(received, chunk)
    assert 9000 <= tokens(received) < 9016
    rest = remainder(ORDER, received)
    assert len(rest.requests) == len(ORDER.requests) - sum(p.finish_reason is not None for p in received.values())
    for chunk in member.run(rest):
        add(received, chunk)
    assert received.keys() == {request.key for request in ORDER.requests}
    for partial in received.values():
        assert len(partial.ids) == len(partial.logprobs)
        assert partial.finish_reason == "stop" or (partial.finish_reason, len(partial.ids)) == ("length", 150)
    for key in [(0, 0), (3, 7), (7, 15)]:  # every token is one that the weights give after those before it
        values = member.logprobs(PROMPTS[key[0]], received[key].ids)
        assert values == pytest.approx(received[key].logprobs, abs=1e-4)
    assert not [process for process in before if _group(process) is not None], "nothing is left of the lost one"
    memory.close()


def test_a_fleet_of_servers_replaces_one(export: Callable[[int], Path]) -> None:
    params = tiny.engine_params(deployment="http", hang_s=HANG_S)
    tensors, received, lost = load_file(export(2) / "model.safetensors"), {}, False
    with open_fleet(
        export(1), max_model_len=MAX_MODEL_LEN, params=params, seed=0, replicas=2, progress=Progress()
    ) as fleet:
        fleet.update_weights(tensors)
        digests = fleet.weight_digests()
        for chunk in fleet.run(ORDER):
            add(received, chunk)
            if not lost:
                member = fleet.members[1]
                assert isinstance(member, HTTPMember)
                kill_all(member)
                lost = True
        assert fleet.lost == 1
        assert fleet.weight_digests() == digests
        for values in fleet.logprobs(PROMPTS[1], received[1, 0].ids):
            assert values == pytest.approx(received[1, 0].logprobs, abs=1e-4)
    assert received.keys() == {request.key for request in ORDER.requests}
    assert all(partial.finish_reason in ("stop", "length") for partial in received.values())


def test_a_server_that_cannot_start_says_so(export: Callable[[int], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json is missing"):
        opened(tmp_path)
    member = opened(export(1), max_model_len=10**6)  # more than the model has positions
    with pytest.raises(EngineLost, match="ended with code 1, see its output above"):
        member.weight_digests()
    member.close()
    assert not Path(member.server.socket).parent.exists()


SCRIPT = """
import sys, time
from pathlib import Path
from tests.k15.rollout.test_http_failures import opened, processes
member = opened(Path(sys.argv[1]))
member.weight_digests()
print("server", *processes(member), flush=True)
time.sleep(600)
"""


def test_a_server_ends_with_its_owner(export: Callable[[int], Path]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(export(1))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        try:
            assert owner.stdout is not None
            line = next((line for line in owner.stdout if line.startswith("server ")), "")
        finally:
            owner.kill()
    found = [int(word) for word in line.split()[1:]]
    assert len(found) >= 2, "the script ended before it had a server"
    deadline = time.monotonic() + 30
    while any(_group(process) is not None for process in found) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [process for process in found if _group(process) is not None]
