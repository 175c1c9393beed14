"""The Prefect flow of a stage: flow and main task carry the stage's name.

Tasks: `inputs` lists what the stage reads, `<stage>` follows the run (logs, live progress, cancellation from
the UI), `publish` shows metrics, plots and outputs. The flow attaches to a stage that already runs; it neither
starts it nor decides its exit status. Result caching is off: DVC decides what has to run.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from prefect import Flow, get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.states import Cancelled, Completed, Failed

from pipelines import publish
from pipelines.events import Line, Progress
from pipelines.execution import Execution
from pipelines.graph import load_node

POLL_SECONDS = 3.0
PROGRESS_SECONDS = 2.0


def follow(execution: Execution, lost: Callable[[str], None]) -> None:
    """Run the flow to its end, which is the stage's; `lost` is called as soon as the server is seen to be gone."""
    node = load_node(execution.root, execution.name)

    def body(params: dict[str, Any]) -> State:
        _task("inputs", publish.inputs)(execution.root, node)
        state: State = _task(execution.name, _run)(execution, lost, return_state=True)
        if state.is_completed():
            _task("publish", publish.results)(execution.root, node)
        return _final_state(execution)

    stage_flow: Flow[..., State] = Flow(body, name=execution.name, validate_parameters=False, persist_result=False)
    final: State = stage_flow(publish.parameters(execution.root, node), return_state=True)
    if final.type != _final_state(execution).type:
        lost((final.message or final.name or "unknown").partition("\n")[0])
    APILogWorker.drain_all(timeout=5)
    EventsWorker.drain_all(timeout=5)


def _task(name: str, function: Any) -> Any:
    return task(function, name=name, cache_policy=NO_CACHE, persist_result=False)


def _run(execution: Execution, lost: Callable[[str], None]) -> State:
    context = FlowRunContext.get()
    assert context is not None and context.flow_run is not None
    try:
        with get_client(sync_client=True) as client:
            _relay(execution, client, context.flow_run.id)
    except Exception as error:
        lost("its server is gone" if isinstance(error, httpx.TransportError) else repr(error).partition("\n")[0])
        raise
    return _final_state(execution)


def _relay(execution: Execution, client: SyncPrefectClient, flow_run_id: UUID) -> None:
    logger = get_run_logger()
    bars = _ProgressArtifacts(execution.name)
    polled = time.monotonic()
    for event in execution.events(patience=1.0):
        match event:
            case Line(text):
                logger.info(text)
            case Progress():
                bars.update(event)
        if time.monotonic() - polled > POLL_SECONDS:
            polled = time.monotonic()
            state = client.read_flow_run(flow_run_id).state
            if state is not None and (state.is_cancelling() or state.is_cancelled()):
                execution.cancel("from the Prefect UI")
    bars.close()


def _final_state(execution: Execution) -> State:
    if execution.cancelled:
        return Cancelled(message=execution.outcome())
    return Failed(message=execution.outcome()) if execution.code else Completed()


class _ProgressArtifacts:
    """One Prefect progress artifact per label, updated at a bounded rate; the last state always arrives."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ids: dict[str, Any] = {}
        self._sent: dict[str, float] = {}
        self._pending: dict[str, Progress] = {}

    def update(self, event: Progress) -> None:
        if event.total is None:
            return
        self._pending[event.label] = event
        if time.monotonic() - self._sent.get(event.label, 0.0) >= PROGRESS_SECONDS:
            self._send(event)

    def close(self) -> None:
        for event in list(self._pending.values()):
            self._send(event)

    def _send(self, event: Progress) -> None:
        self._sent[event.label] = time.monotonic()
        self._pending.pop(event.label, None)
        description = f"{event.label}: {event.done}/{event.total} {event.figures()}"
        if event.label not in self._ids:
            key = publish.key(self._name, event.label)
            self._ids[event.label] = create_progress_artifact(event.percent, key=key, description=description)
        else:
            update_progress_artifact(self._ids[event.label], progress=event.percent, description=description)
