"""Programs that try what the sandbox promises to stop: none escapes, disturbs a neighbour or leaves anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.sandbox import Sandbox
from tests.k15.sandbox.abuse.case import Case, load_scenarios
from tests.k15.sandbox.abuse.host import Host
from tests.k15.sandbox.abuse.judge import SLOTS, check_isolation, play

SCENARIOS = load_scenarios()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


@pytest.fixture(scope="module")
def sandbox(host: Host) -> Iterator[Sandbox]:
    try:
        sandbox = Sandbox(SLOTS)
    except UserError as error:
        pytest.skip(str(error))
    with sandbox:
        check_isolation(sandbox, host)
        yield sandbox


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario[-1]))
def test_held(sandbox: Sandbox, host: Host, scenario: list[Case]) -> None:
    for outcome in play(sandbox, host, scenario):
        assert outcome.held, str(outcome)


def test_nothing_is_left_behind(sandbox: Sandbox, host: Host) -> None:
    sandbox.close()
    assert host.leftovers() == []


def test_the_host_notices_what_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Host() as host:
        assert host.harm() == host.leftovers() == []
        with socket.create_connection(("127.0.0.1", int(host.facts["tcp_port"]))) as client:
            client.recv(1)  # the end that comes when the contact has been counted
        host.secret_path.unlink()
        (tmp_path / "k15abuse-left").write_text("left")
        assert len(host.harm()) == 2
        assert host.leftovers() == [f"file {tmp_path / 'k15abuse-left'}"]


def test_every_category_is_covered() -> None:
    counted: dict[str, int] = {}
    for case in (case for scenario in SCENARIOS for case in scenario):
        counted[case.category] = counted.get(case.category, 0) + 1
    assert sum(counted.values()) >= 100
    assert all(count >= 5 for count in counted.values()), counted
