"""`python -m pipelines.run` on a real stage and a real Prefect server; a slow stage for what interrupts."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.pipelines.conftest import server_pids, start
from tests.pipelines.test_process_runner import assert_gone


def flow_run(api: httpx.Client, flow: str) -> dict[str, Any]:
    """The newest run of that flow."""
    query = {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_DESC", "limit": 1}
    runs = api.post("/flow_runs/filter", json=query).json()
    return dict(runs[0]) if runs else {}


def wait_until_running(api: httpx.Client, flow: str, earlier: str | None = None) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = flow_run(api, flow)
        if run and run["id"] != earlier and run["state_type"] == "RUNNING":
            return run
        time.sleep(0.2)
    raise AssertionError(f"no run of {flow} is seen in Prefect")


def of_run(api: httpx.Client, what: str, run: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.post(f"/{what}/filter", json={"flow_runs": {"id": {"any_": [run["id"]]}}}).json()
    return found


def test_a_stage_is_seen_in_prefect(project: Path, prefect_api: httpx.Client) -> None:
    process = start(project, "curate")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert err == ""
    run = flow_run(prefect_api, "curate")
    assert run["state_type"] == "COMPLETED"
    assert list(run["parameters"]["params"]) == ["benchmarks", "curate"]
    tasks = {task["name"].rpartition("-")[0] for task in of_run(prefect_api, "task_runs", run)}
    assert tasks == {"inputs", "curate", "publish"}
    artifacts = {artifact["key"]: artifact for artifact in of_run(prefect_api, "artifacts", run)}
    outputs = json.loads(artifacts["curate-outputs"]["data"])
    manifest = json.loads((project / "artifacts/curate/tokens/manifest.json").read_text())
    assert manifest["digest"] in {row["digest"] for row in outputs}
    assert json.loads(artifacts["curate-metrics"]["data"])
    assert any(artifact["type"] == "progress" and artifact["data"] == 100 for artifact in artifacts.values())
    logs = prefect_api.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run["id"]]}}}).json()
    assert logs


def test_a_failed_stage_keeps_its_status_and_its_one_line(project: Path, prefect_api: httpx.Client) -> None:
    process = start(project, "failing")
    out, err = process.communicate()
    assert process.returncode == 2
    assert out == "k15 failing: error: wrong on purpose; leave it\n"
    assert err == ""
    run = flow_run(prefect_api, "failing")
    assert run["state_type"] == "FAILED"
    assert run["state"]["message"] == "failed with exit status 2"


def test_a_bad_runner_is_one_line(project: Path) -> None:
    params = project / "params.yaml"
    good = params.read_text()
    params.write_text(good.replace("runner: process", "runner: rocket"))
    try:
        process = start(project, "failing")
        out, err = process.communicate()
    finally:
        params.write_text(good)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("k15 failing: error: params.yaml: pipeline.runner must be")
    assert err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stage(project: Path, prefect_api: httpx.Client, number: signal.Signals) -> None:
    earlier = flow_run(prefect_api, "slow").get("id")
    process = start(project, "slow")
    assert process.stdout is not None
    child = int(process.stdout.readline().split()[1])
    run = wait_until_running(prefect_api, "slow", earlier)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 128 + number
    assert err == f"k15 slow: cancelled ({number.name})\n"
    assert_gone([child])
    assert prefect_api.get(f"/flow_runs/{run['id']}").json()["state_type"] == "CANCELLED"


def test_cancelling_in_the_ui_ends_the_stage(project: Path, prefect_api: httpx.Client) -> None:
    earlier = flow_run(prefect_api, "slow").get("id")
    process = start(project, "slow")
    assert process.stdout is not None
    child = int(process.stdout.readline().split()[1])
    run = wait_until_running(prefect_api, "slow", earlier)
    prefect_api.post(f"/flow_runs/{run['id']}/set_state", json={"state": {"type": "CANCELLING"}}).raise_for_status()
    _, err = process.communicate()
    assert process.returncode == 143
    assert err == "k15 slow: cancelled (from the Prefect UI)\n"
    assert_gone([child])
    assert prefect_api.get(f"/flow_runs/{run['id']}").json()["state_type"] == "CANCELLED"


def test_the_stage_outlives_the_server(project: Path, prefect_api: httpx.Client) -> None:
    earlier = flow_run(prefect_api, "slow").get("id")
    process = start(project, "slow")
    wait_until_running(prefect_api, "slow", earlier)
    for pid in server_pids(project):
        os.kill(pid, signal.SIGKILL)
    out, err = process.communicate()
    assert process.returncode == 0
    assert "waiting: 200/200" in out
    assert err.startswith("k15 slow: not followed by Prefect any more: ")
    assert err.count("\n") == 1
