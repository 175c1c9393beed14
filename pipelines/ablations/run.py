"""`python -m pipelines.ablations.run`: run every arm with every seed that has no experiment yet, then write the report.

Each run is a DVC experiment (`dvc exp show`), made in a directory of its own, so the checkout keeps its params and
artifacts; what arms share up to RL comes from DVC's cache. An interrupted call goes on with what is missing:
experiments belong to the commit that they were run on, so another commit starts anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import dvc.api

from k15.errors import UserError
from k15.params import load_params
from pipelines import server
from pipelines.ablations.arms import CLAIMS, AblationParams, experiment, overrides
from pipelines.ablations.judgement import Curves, Row, judge
from pipelines.ablations.report import write

ROOT = Path(__file__).resolve().parents[2]
CURVE = "plots/rl.training.json"


def run(root: Path, chosen: Sequence[str]) -> None:
    params = load_params(AblationParams, "ablations", root)
    arms = chosen or list(params.arms)
    wanted = [(arm, seed) for arm in arms for seed in params.seeds]
    orders = {experiment(arm, seed): overrides(params, arm, seed) for arm, seed in wanted}
    done = _experiments(root)
    environment = {**os.environ, "PREFECT_API_URL": server.ensure(root)}  # or every directory would start its own
    for number, (name, changes) in enumerate(orders.items(), start=1):
        if name in done:
            print(f"{name}: there", flush=True)
            continue
        print(f"{name}: {number} of {len(orders)}: {' '.join(changes)}", flush=True)
        command = ["dvc", "exp", "run", "--temp", "-n", name, *(f"-S{change}" for change in changes), "rl"]
        if subprocess.run(command, cwd=root, env=environment, check=False).returncode:
            raise UserError(f"{name} failed, see above; running the same command again goes on with it")
    curves: Curves = {arm: [_curve(root, experiment(arm, seed)) for seed in params.seeds] for arm in arms}
    findings = [judge(claim, curves) for claim in CLAIMS if {claim.ahead, claim.behind} <= curves.keys()]
    write(root / "report" / "ablations.html", curves, findings)
    print(*(finding.sentence for finding in findings), sep="\n")


def _experiments(root: Path) -> set[str]:
    """Names of the experiments on the current commit."""
    listed = subprocess.run(["dvc", "exp", "list", "--name-only"], cwd=root, capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def _curve(root: Path, name: str) -> list[Row]:
    rows: list[Row] = json.loads(dvc.api.read(CURVE, repo=str(root), rev=name))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipelines.ablations.run")
    parser.add_argument("arm", nargs="*", help="only these arms (default: all)")
    options = parser.parse_args(arguments)
    try:
        run(ROOT, options.arm)
    except (UserError, server.ServerError) as error:
        print(f"k15 ablations: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
