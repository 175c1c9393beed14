"""Programs that try what the sandbox promises to stop: none escapes, disturbs a neighbour or leaves anything."""

from collections.abc import Iterator

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


def test_every_category_is_covered() -> None:
    counted: dict[str, int] = {}
    for case in (case for scenario in SCENARIOS for case in scenario):
        counted[case.category] = counted.get(case.category, 0) + 1
    assert sum(counted.values()) >= 100
    assert all(count >= 5 for count in counted.values()), counted
