# promise: leaving with an object that cannot be printed is a failure
# status: runtime_error

import sys


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


print("HELD: leaves", flush=True)
sys.exit(Unprintable())
