"""`python -m benchmarks [NAME ...]`: all measurements, or those named."""

import importlib
import sys

from k15.errors import UserError

OF_MODELS = ("training", "policy_update", "rollout", "grpo")
"""These share a freshly built model (`setting`)."""
OF_RL = ("partial", "handover", "rl_kills", "engine_faults", "credit")
OF_CURATION = (
    "curation_real",
    "curation_rules",
    "curation_duplicates",
    "curation_contamination",
    "curation_labelled",
    "curation_web",
    "curation_scale",
    "curation_scale",
    "curation_packing",
    "curation_kills",
    "pictures",
)
OF_REWARDS = ("verifiers", "code_sets", "sandbox", "load", "kills")
KNOWN = (*OF_MODELS, *OF_CURATION, *OF_REWARDS, *OF_RL)


def main(names: list[str]) -> int:
    if unknown := set(names) - set(KNOWN):
        print(f"unknown benchmark {sorted(unknown)[0]}; known are {', '.join(KNOWN)}", file=sys.stderr)
        return 2
    chosen = [name for name in KNOWN if name in (names or KNOWN)]
    try:
        for name in chosen:
            if name not in OF_MODELS:
                importlib.import_module(f"benchmarks.{name}").measure()
        if set(chosen) & set(OF_MODELS):
            _measure_models([name for name in chosen if name in OF_MODELS])
    except UserError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2
    return 0


def _measure_models(names: list[str]) -> None:
    from benchmarks.setting import setting
    from k15 import torch_extensions

    torch_extensions.settle()
    with setting() as shared:
        for name in names:
            importlib.import_module(f"benchmarks.{name}").measure(shared)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
