# promise: an error in the function that reports errors leaves the program a failure
# status: runtime_error

import sys


def report(*_: object) -> None:
    raise ValueError


print("HELD: fails twice", flush=True)
sys.excepthook = report
raise RuntimeError
