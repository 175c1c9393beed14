import pytest

from k15.errors import UserError
from k15.sandbox import AnySandbox, shared_sandbox


@pytest.fixture(scope="session")
def sandbox() -> AnySandbox:
    try:
        return shared_sandbox()
    except UserError as error:
        pytest.skip(str(error))
