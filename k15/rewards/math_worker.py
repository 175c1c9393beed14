"""One math-verify process: reads `{"reference", "answer"}` lines, writes `{"equal", "why", "last"}` lines.

Started by `math_pool`, as a plain interpreter and not a fork, because the parent holds a model and threads.
The deadline is CPU time and belongs to the kernel (RLIMIT_CPU): no signal handlers, hence no alarm that a
thread cannot take and no verdict that depends on how busy the machine is. A memory limit keeps an exploding
expression from taking the machine with it. math-verify answers "different" where memory ran out (its comparisons
swallow MemoryError, `raise_on_error` or not), so such an answer counts only while the process has stayed well below
the limit: beyond that it is no verdict, and the process is done.
"""

import json
import logging
import math
import os
import resource
import sys
from pathlib import Path
from typing import TextIO

from latex2sympy2_extended import NormalizationConfig
from math_verify import LatexExtractionConfig, parse, verify

# Boxed content only, units read, `\frac12` read as TeX reads it, no repair of whole equations:
# math-verify's advice for reinforcement learning but for the second point. References and answers get the
# same reading.
_BOXED = LatexExtractionConfig(
    boxed_match_priority=0,
    normalization_config=NormalizationConfig(
        basic_latex=True, units=True, malformed_operators=True, nits=False, boxed="all", equations=False
    ),
)


def compare(reference: str, answer: str) -> dict[str, object]:
    """`equal` is None where the reference cannot be read."""
    expected = parse(f"\\boxed{{{reference}}}", [_BOXED], parsing_timeout=None)
    if not expected:
        return {"equal": None, "why": "the reference answer cannot be read"}
    found = parse(f"\\boxed{{{answer}}}", [_BOXED], parsing_timeout=None)
    if not found:
        return {"equal": False, "why": "the answer cannot be read as mathematics"}
    equal = verify(expected, found, timeout_seconds=None)
    return {"equal": equal, "why": "equal by math-verify" if equal else "different by math-verify"}


def _allow_cpu(seconds: float) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _judge(reference: str, answer: str, memory_bytes: int) -> dict[str, object]:
    """`compare`, and whether it is this process's `last` because its memory ran short."""
    try:
        reply, short = compare(reference, answer), False
    except MemoryError:
        reply, short = {"equal": None}, True
    # Numbers grow by doubling, so memory does not run out before half of it was in use.
    short = short or _peak_bytes() > memory_bytes // 2
    if short and not reply["equal"]:
        reply = {"equal": None, "why": f"no verdict within {memory_bytes >> 20} MiB of memory"}
    return {**reply, "last": short}


def _peak_bytes() -> int:
    """The largest address space so far; `ru_maxrss` would begin with that of the parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmPeak:"))


def _send(replies: TextIO, reply: dict[str, object]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


def main() -> None:
    deadline, memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    _send(replies, {"ready": True})
    for line in sys.stdin:
        task = json.loads(line)
        _allow_cpu(deadline)
        _send(replies, _judge(task["reference"], task["answer"], memory_bytes))


if __name__ == "__main__":
    main()
