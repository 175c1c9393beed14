"""Shows a running stage in Prefect, beside it and never in its way.

A daemon thread finds or starts the server, imports Prefect and runs the stage's flow, which attaches to the
stage that is running already. Whatever goes wrong there ends in one line on the terminal; the stage goes on.
"""

import threading

from pipelines import server
from pipelines.execution import Execution
from pipelines.terminal import Terminal

PATIENCE_SECONDS = 20.0


class Observer(threading.Thread):
    def __init__(self, execution: Execution, terminal: Terminal) -> None:
        super().__init__(name="prefect", daemon=True)
        self._execution = execution
        self._terminal = terminal

    def run(self) -> None:
        try:
            server.configure(self._execution.root, server.ensure(self._execution.root))
            from pipelines.flow import follow

            follow(self._execution)
        except Exception as error:
            self._lose(str(error).strip().partition("\n")[0] or type(error).__name__)

    def finish(self) -> None:
        """Once the stage has ended: wait for the flow to be closed, within reason."""
        self.join(PATIENCE_SECONDS)
        if self.is_alive():
            self._lose("the server does not answer")

    def _lose(self, reason: str) -> None:
        self._terminal.say(f"not followed by Prefect: {reason}; the stage itself is not affected")
