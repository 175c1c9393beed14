"""The stage, and two looks at its data: `explain ID` and `validate [SOURCE ...]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from k15.errors import UserError
from k15.params import load_params
from k15.stage import main
from stages.curate.run import STAGE


def look(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m stages.curate")
    parser.add_argument("command", choices=("explain", "validate"))
    parser.add_argument("name", nargs="*", help="ids of documents; names of sources (default: all)")
    parser.add_argument("--root", type=Path, default=Path("."), help="the repository (default: here)")
    options = parser.parse_intermixed_args(arguments)
    try:
        params = load_params(STAGE.params, STAGE.name, options.root)
        if options.command == "validate":
            from stages.curate import validate

            validate.show(params, options.root, options.name)
        else:
            from stages.curate import explain

            print(*(explain.explain(params, options.root, name) for name in options.name), sep="\n\n")
    except UserError as error:
        print(f"k15 curate: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(look(arguments) if arguments[:1] in (["explain"], ["validate"]) else main(STAGE, arguments))
