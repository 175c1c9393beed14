# promise: builtins that lie, and comparisons that always hold, do not reach who compares
# status: ok runtime_error

import builtins
import sys


class Yes(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


print("HELD: tampers", flush=True)
builtins.str = Yes
builtins.open = lambda *_, **__: Yes("ok")
builtins.len = lambda _: 0
builtins.isinstance = lambda *_: True
sys.exit = lambda *_: None
sys.settrace(lambda *_: sys.settrace)
