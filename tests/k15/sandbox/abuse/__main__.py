"""`python -m tests.k15.sandbox.abuse [part of a name ...]`: the table by category, or single outcomes."""

import sys
from collections import Counter

from k15.errors import UserError
from k15.sandbox import Sandbox
from tests.k15.sandbox.abuse.case import load_scenarios
from tests.k15.sandbox.abuse.host import Host
from tests.k15.sandbox.abuse.judge import SLOTS, Outcome, check_isolation, play

_ROW = "{:<14}{:>9}{:>7}{:>9}{:>11}{:>12}"


def main(parts: list[str]) -> int:
    chosen = [one for one in load_scenarios() if not parts or any(part in str(case) for case in one for part in parts)]
    outcomes: list[Outcome] = []
    with Host() as host:
        try:
            with Sandbox(SLOTS) as sandbox:
                check_isolation(sandbox, host)
                for scenario in chosen:
                    outcomes += play(sandbox, host, scenario)
        except UserError as error:
            print(f"abuse: error: {error}", file=sys.stderr)
            return 2
        leftovers = host.leftovers()
    for outcome in outcomes:
        if parts or not outcome.held:
            print(outcome)
    _print_table(outcomes)
    print(f"left behind: {', '.join(leftovers) or 'nothing'}")
    return 0 if not leftovers and all(outcome.held for outcome in outcomes) else 1


def _print_table(outcomes: list[Outcome]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        for category in (outcome.case.category, "all"):
            counts[category, "programs"] += 1
            for name in ("held", "escaped", "disturbed", "unexpected"):
                counts[category, name] += bool(getattr(outcome, name))
    columns = ("programs", "held", "escaped", "disturbed", "unexpected")
    print(_ROW.format("category", *columns))
    for category in dict.fromkeys([*(outcome.case.category for outcome in outcomes), "all"]):
        print(_ROW.format(category, *(counts[category, name] for name in columns)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
