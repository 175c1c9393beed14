"""`python -m stages.report`, or with `--print`: show the table of the last report."""

import sys
from pathlib import Path

from k15.stage import main
from stages.report.run import STAGE, SUMMARY


def print_summary(root: Path) -> int:
    path = root / SUMMARY
    if not path.is_file():
        print(f"k15 report: error: {path} is missing; run `dvc repro report`", file=sys.stderr)
        return 2
    print(path.read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(print_summary(Path(".")) if sys.argv[1:] == ["--print"] else main(STAGE))
