"""datatrove's own environment: scripts that run in it read a JSON file that is named to them and print JSON."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from k15.errors import UserError

_HERE = Path(__file__).resolve().parent
_OTHER = os.environ.get("K15_DATATROVE_PYTHON")
_PYTHON = Path(_OTHER or ".venv-datatrove/bin/python")


def prepare() -> None:
    """Makes it hold what `duplicates/requirements.txt` says, unless another one is named."""
    command = ["bash", str(_HERE / "environment.sh"), "datatrove", "benchmarks/duplicates/requirements.txt"]
    if _OTHER is None and subprocess.run(command).returncode:
        raise UserError(
            "datatrove's environment could not be made; see above. Running the same command again continues"
        )


def answer(script: str, spec: Path, **values: Any) -> dict[str, Any]:
    """What `script` (from benchmarks/) prints, given `values` in the file `spec`."""
    spec.write_text(json.dumps(values))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    process = subprocess.run([_PYTHON, _HERE / script, spec], env=environment, capture_output=True, text=True)
    if process.returncode:
        raise UserError(f"datatrove's side has ended: {process.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(process.stdout)
    return found
