"""One math-verify process: reads `{"reference", "answer"}` lines, writes `{"equal", "why", "cpu_s", "last"}` lines.

Started by `math_pool`, as a plain interpreter and not a fork, because the parent holds a model and threads.
The deadline is CPU time and belongs to the kernel (ITIMER_PROF, whose signal ends the process): no signal handlers,
hence no alarm that a thread cannot take and no verdict that depends on how busy the machine is. A memory limit keeps
an exploding expression from taking the machine with it. math-verify answers "different" where memory ran out (its
comparisons swallow MemoryError, `raise_on_error` or not), so such an answer counts only while the process has stayed
well below the limit: beyond that it is no verdict, and the process is done. SymPy tests some equalities at random
points: its generator starts anew for every comparison, so verdicts do not depend on those before.
"""

import json
import logging
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from latex2sympy2_extended import NormalizationConfig
from math_verify import LatexExtractionConfig, parse, verify
from sympy import Eq, Expr, Float
from sympy.core.random import seed

from k15.rewards.math_compare import Reply
from k15.rewards.math_compare import compare as compare_answers

# Boxed content only, `\frac12` read as TeX reads it, no repair of whole equations; units are gone already, and
# math-verify would take any words at the end for one. References and answers get the same reading.
_BOXED = LatexExtractionConfig(
    boxed_match_priority=0,
    normalization_config=NormalizationConfig(
        basic_latex=True, units=False, malformed_operators=True, nits=False, boxed="all", equations=False
    ),
)
# math-verify rounds to six decimals, so 1/2004! is 1/2006! to it.
EXACT, ROUNDED = 1e-12, 1e-4


class UnreadableError(Exception):
    """The reference is no mathematics that math-verify knows."""


def compare(reference: str, answer: str) -> Reply:
    try:
        return compare_answers(reference, answer, algebra)
    except UnreadableError:
        return Reply(None, "the reference answer cannot be read")


def algebra(reference: str, answer: str) -> bool:
    expected, found = _parse(reference), _parse(answer)
    if not expected:
        raise UnreadableError
    if not found or not verify(expected, found, timeout_seconds=None):
        return False
    return not _apart(expected[0], found[0])


def _parse(text: str) -> list[Any]:
    return list(parse(f"\\boxed{{{text}}}", [_BOXED], parsing_timeout=None))


def _apart(one: object, other: object) -> bool:
    """Numbers that differ by more than rounding, relative to their size."""
    if isinstance(one, Eq) and isinstance(other, Eq):
        return False
    if not (isinstance(one, Expr) and isinstance(other, Expr) and one.is_number and other.is_number):
        return False
    try:
        a, b = complex(one.doit().evalf(30)), complex(other.doit().evalf(30))
        if min(abs(a), abs(b)) == 0 or not math.isfinite(abs(a) + abs(b)):  # beyond a double
            return bool((one.doit() - other.doit()).evalf(30, chop=False) != 0) and not one.equals(other)
    except (TypeError, ValueError, OverflowError, AttributeError):
        return False
    allowed = ROUNDED if one.has(Float) or other.has(Float) else EXACT
    return abs(a - b) > allowed * max(abs(a), abs(b))


def _judge(reference: str, answer: str, memory_bytes: int) -> dict[str, object]:
    """`compare`, and whether it is this process's `last` because its memory ran short."""
    started = time.process_time()
    seed(0)
    try:
        reply, short = compare(reference, answer), False
    except MemoryError:
        reply, short = Reply(None, ""), True
    # Numbers grow by doubling, so memory does not run out before half of it was in use.
    short = short or _peak_bytes() > memory_bytes // 2
    if short and not reply.equal:
        reply = Reply(None, f"no verdict within {memory_bytes >> 20} MiB of memory")
    return {"equal": reply.equal, "why": reply.why, "cpu_s": round(time.process_time() - started, 6), "last": short}


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
        signal.setitimer(signal.ITIMER_PROF, deadline)
        _send(replies, _judge(task["reference"], task["answer"], memory_bytes))


if __name__ == "__main__":
    main()
