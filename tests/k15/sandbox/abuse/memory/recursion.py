# promise: recursion without Python's own limit ends as a crash or at the memory limit
# status: runtime_error memory_limit

import sys
import threading

sys.setrecursionlimit(1 << 30)
threading.stack_size(1 << 30)


def deeper(n: int) -> int:
    return max(deeper(n + 1), n)


thread = threading.Thread(target=deeper, args=(0,))
thread.start()
thread.join()
raise SystemExit(1)
