"""`python -m benchmarks [training|rollout|verifiers]`: all measurements, or one."""

import sys
from collections.abc import Sequence

from k15.errors import UserError

KNOWN = ("training", "rollout", "verifiers")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(KNOWN):
        print(f"unknown benchmark {sorted(unknown)[0]}; known are {', '.join(KNOWN)}", file=sys.stderr)
        return 2
    chosen = names or KNOWN
    try:
        if "verifiers" in chosen:
            from benchmarks import verifiers

            verifiers.measure()
        if {"training", "rollout"} & set(chosen):
            _measure_models(chosen)
    except UserError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2
    return 0


def _measure_models(chosen: Sequence[str]) -> None:
    from benchmarks.setting import setting
    from k15.model import torch_extensions

    torch_extensions.settle()
    with setting() as shared:
        if "training" in chosen:
            from benchmarks import training

            training.measure(shared)
        if "rollout" in chosen:
            from benchmarks import rollout

            rollout.measure(shared)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
