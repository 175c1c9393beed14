"""`python -m pipelines.run <stage> [variant]`: what dvc.yaml's commands call.

Starts the stage through the configured runner at once, echoes it, and lets Prefect follow it. The exit status
is the stage's: 128 + N after signal N, 2 for a mistake in the parameters. SIGINT, SIGTERM, SIGHUP and a
cancellation in the Prefect UI end the stage and all that it started; so does the death of this process.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from k15.artifacts.manifest import revision
from k15.errors import UserError
from k15.params import load_params
from pipelines.execution import Execution
from pipelines.observer import Observer
from pipelines.params import PipelineParams
from pipelines.runners import Handle, load
from pipelines.terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
CANCELLED_STATUS = 143


class _Interrupted(Exception):
    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    # Once: a second Ctrl-C while the stage is being ended changes nothing, its grace time is bounded.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise _Interrupted(number)


def start(stage: str, variant: str | None, root: Path) -> Handle:
    runner = load(load_params(PipelineParams, "pipeline", root).runner)
    env = {
        "K15_EVENTS": "1",
        "K15_REVISION": revision(),
        # Deprecations inside libraries are not for whoever reads a stage's output.
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore"),
    }
    return runner.start(stage, variant, root, env)


def execute(execution: Execution, terminal: Terminal) -> int:
    observer = Observer(execution, terminal)
    observer.start()
    try:
        code = execution.echo(terminal)
        if execution.cancelled:
            code = code or CANCELLED_STATUS
    except _Interrupted as interruption:
        execution.cancel(interruption.number.name)
        execution.echo(terminal)
        code = 128 + interruption.number
    if code >= 128:  # a stage that fails by itself has said why
        terminal.say(execution.outcome())
    observer.finish()
    return code


def leave(code: int) -> NoReturn:
    """Exit without Prefect's exit handlers: all is sent by now, and a server that is gone would hold them up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipelines.run", description="Run one stage, seen in Prefect.")
    parser.add_argument("stage")
    parser.add_argument("variant", nargs="?")
    arguments = parser.parse_args(argv)
    terminal = Terminal("@".join(filter(None, [arguments.stage, arguments.variant])))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        handle = start(arguments.stage, arguments.variant, ROOT)
        return execute(Execution(arguments.stage, arguments.variant, ROOT, handle), terminal)
    except UserError as error:
        terminal.say(f"error: {error}")
        return 2
    except _Interrupted as interruption:
        return 128 + interruption.number


if __name__ == "__main__":
    leave(main())
