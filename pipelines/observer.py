"""Shows a running stage in Prefect, beside it and never in its way.

A daemon thread finds or starts the server, imports Prefect and runs the stage's flow, which attaches to the
stage that is running already. Whatever goes wrong there ends in one line on the terminal; the stage goes on.
"""

import logging
import threading

from pipelines import server
from pipelines.execution import Execution
from pipelines.terminal import Terminal

PATIENCE_SECONDS = 60.0


class Observer(threading.Thread):
    def __init__(self, execution: Execution, terminal: Terminal) -> None:
        super().__init__(name="prefect", daemon=True)
        self._execution = execution
        self._terminal = terminal
        self._settled = threading.Event()
        self._telling = threading.Lock()

    def run(self) -> None:
        # Log handlers that lose their server must not write to the terminal.
        logging.raiseExceptions = False
        try:
            server.configure(self._execution.root, server.ensure(self._execution.root))
            from pipelines.flow import follow

            follow(self._execution, lost=self._give_up)
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            self._give_up(reason if reason not in ("", "None") else type(error).__name__)
        self._settled.set()

    def finish(self) -> None:
        """Once the stage has ended: wait for the flow to be closed, within reason."""
        if not self._settled.wait(PATIENCE_SECONDS):
            self._give_up("its server does not answer")

    def _give_up(self, reason: str) -> None:
        with self._telling:  # the process may end as soon as this is settled: tell first
            if not self._settled.is_set():
                self._terminal.say(f"not followed by Prefect any more: {reason}; the stage goes on without it")
                self._settled.set()
