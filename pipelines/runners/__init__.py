"""Where a stage runs. `params.yaml: pipeline.runner` names one of the runners below.

Every runner runs the same command (`python -m stages.<stage> [variant]`) on the same files, so artifacts and
metrics do not depend on the choice. A runner guarantees that what it started ends with the process that
started it, even when that process is killed with SIGKILL.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from k15.errors import UserError


class Handle(Protocol):
    """One running stage."""

    def lines(self) -> Iterator[str]:
        """Output lines (stdout and stderr together, without line ends) until the stage closes its output.

        When a signal handler's exception interrupted the iteration, a second call yields the rest.
        """

    def wait(self) -> int:
        """Exit status; a stage ended by signal N gives 128 + N."""

    def cancel(self) -> None:
        """End the stage and everything it started: SIGTERM, then SIGKILL. Safe to call twice or after the end."""


class Runner(Protocol):
    def start(self, stage: str, variant: str | None, root: Path, env: Mapping[str, str]) -> Handle:
        """Start a stage on the repository at `root`; `env` is added to the environment the runner gives it."""


def load(name: str) -> Runner:
    """The runner of that name; only its own module (and its client library) is imported."""
    if name == "process":
        from pipelines.runners.process import ProcessRunner

        return ProcessRunner()
    if name == "container":
        from pipelines.runners.container import ContainerRunner

        return ContainerRunner()
    raise UserError(f"params.yaml: pipeline.runner must be process or container (got {name!r})")
