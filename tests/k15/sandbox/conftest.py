from collections.abc import Iterator

import pytest

from k15.errors import UserError
from k15.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The real one; tests are skipped, with the reason, where this machine lacks a layer of isolation."""
    try:
        made = Sandbox(2)
    except UserError as error:
        pytest.skip(str(error))
    with made:
        yield made
