"""One math-verify process: reads `{"reference", "answer"}` lines, writes `{"equal", "why"}` lines.

Started by `math_pool`, as a plain interpreter and not a fork, because the parent holds a model and threads.
The deadline is CPU time and belongs to the kernel (RLIMIT_CPU): no signal handlers, hence no alarm that a
thread cannot take and no verdict that depends on how busy the machine is. A memory limit keeps an exploding
expression from taking the machine with it.
"""

import json
import logging
import math
import os
import resource
import sys
from typing import TextIO

from latex2sympy2_extended import NormalizationConfig
from math_verify import LatexExtractionConfig, parse, verify

MEMORY_BYTES = 2 << 30

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


def _send(replies: TextIO, reply: dict[str, object]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


def main() -> None:
    deadline = float(sys.argv[1])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _send(replies, {"ready": True})
    for line in sys.stdin:
        task = json.loads(line)
        _allow_cpu(deadline)
        _send(replies, compare(task["reference"], task["answer"]))


if __name__ == "__main__":
    main()
