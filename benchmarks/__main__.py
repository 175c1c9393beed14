"""`python -m benchmarks [training|rollout]`: all measurements, or one."""

import sys

from benchmarks.setting import setting
from k15.errors import UserError
from k15.model import torch_extensions

KNOWN = ("training", "rollout")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(KNOWN):
        print(f"unknown benchmark {sorted(unknown)[0]}; known are {', '.join(KNOWN)}", file=sys.stderr)
        return 2
    torch_extensions.settle()
    try:
        with setting() as shared:
            if "training" in (names or KNOWN):
                from benchmarks import training

                training.measure(shared)
            if "rollout" in (names or KNOWN):
                from benchmarks import rollout

                rollout.measure(shared)
    except UserError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
