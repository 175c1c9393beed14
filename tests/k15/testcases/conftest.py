import pytest

from k15.errors import UserError
from k15.sandbox import Sandbox, shared_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    try:
        return shared_sandbox()
    except UserError as error:
        pytest.skip(str(error))
