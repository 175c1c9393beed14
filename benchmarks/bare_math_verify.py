"""math-verify as its README shows it: `{"reference", "response"}` lines on stdin, true or false a line on stdout."""

import json
import os
import resource
import sys

from math_verify import parse, verify

MEMORY_BYTES = 4 << 30


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for line in sys.stdin:
        item = json.loads(line)
        answers.write(json.dumps(verify(parse(f"${item['reference']}$"), parse(item["response"]))) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
