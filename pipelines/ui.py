"""`make ui`: the Prefect UI of this checkout, open until Ctrl-C, with the deployments that it can start."""

import os
import sys
import webbrowser
from pathlib import Path

from pipelines import server

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    try:
        server.configure(ROOT, server.ensure(ROOT))
    except server.ServerError as error:
        print(f"k15 ui: error: {error}", file=sys.stderr)
        return 1
    # Runs are subprocesses, which find the flow's file from here and then import this package.
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.setdefault("PREFECT_RUNNER_POLL_FREQUENCY", "3")
    # Prefect reads its settings when it is imported.
    from prefect import serve

    from pipelines.deployments import deployments

    address = os.environ["PREFECT_API_URL"].removesuffix("/api")
    served = deployments(ROOT)
    print(f"Prefect UI: {address}\nDeployments: {', '.join(d.name for d in served)} (Ctrl-C ends)", flush=True)
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
    serve(*served, limit=1, print_starting_message=False)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
