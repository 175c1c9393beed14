"""`python -m stages.evaluate`, or with `--rescore`: score the stored samples again, offline."""

import sys
from pathlib import Path

from k15.errors import UserError


def rescore_stored(arguments: list[str]) -> int:
    """Exit code 0 if nothing differs, 1 if something does, 2 for samples that cannot be read."""
    from stages.evaluate.rescore import rescore

    root = Path(arguments[1]) if arguments[:1] == ["--root"] and len(arguments) == 2 else Path(".")
    try:
        return 0 if rescore(root.resolve()) else 1
    except UserError as error:
        print(f"k15 evaluate: error: {error}", file=sys.stderr)
        return 2


def run_stage() -> int:
    from k15.stage import main
    from stages.evaluate.run import STAGE

    return main(STAGE)


if __name__ == "__main__":
    sys.exit(rescore_stored(sys.argv[2:]) if sys.argv[1:2] == ["--rescore"] else run_stage())
