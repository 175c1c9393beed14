# promise: exceptions built to confuse whoever reports them are runtime errors
# status: runtime_error

import sys


class Strange(BaseException):
    def __str__(self) -> str:
        raise Strange

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


print("HELD: raises", flush=True)
sys.stderr = None
raise Strange
