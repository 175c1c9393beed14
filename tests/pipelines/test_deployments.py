"""Runs started from the UI's deployments, through real DVC."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from pipelines.deployments import deployments, dvc_command
from tests.pipelines.conftest import ROOT, environment

DEADLINE_SECONDS = 240


def test_nothing_to_change_is_a_plain_reproduction() -> None:
    assert dvc_command(ROOT, None, None, []) == ["dvc", "repro"]
    assert dvc_command(ROOT, "rl", None, []) == ["dvc", "repro", "rl"]


def test_an_optional_stage_is_named_with_its_file() -> None:
    targets = {d.name: d.parameters.get("stage") for d in deployments(ROOT)}
    assert next(iter(targets)) == "recipe" and targets["recipe"] is None
    assert targets["rl"] == "rl"
    assert targets["reward_model"] == "pipelines/optional/dvc.yaml:reward_model"


def test_overrides_are_an_experiment_on_top_of_the_present_profile(project: Path) -> None:
    command = dvc_command(project, "rl", None, ["rl.reward.length_weight=0.2"])
    assert command == ["dvc", "exp", "run", "-S", "profile=smoke", "-S", "rl.reward.length_weight=0.2", "rl"]
    assert dvc_command(project, None, "gpu", []) == ["dvc", "exp", "run", "-S", "profile=gpu"]


@pytest.fixture(scope="module")
def served(project: Path, prefect_api: httpx.Client) -> Iterator[None]:
    """`make ui` on a checkout under git."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        identity = ["-c", "user.name=k15", "-c", "user.email=k15@localhost"]
        subprocess.run(["git", *identity, *command], cwd=project, check=True)
    process = subprocess.Popen([sys.executable, "-m", "pipelines.ui"], cwd="/", env=environment(project))
    yield
    process.terminate()
    process.wait()


def test_one_stage_with_an_override(project: Path, prefect_api: httpx.Client, served: None) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while prefect_api.get("/deployments/name/reproduce/reward_model").status_code != 200:  # the last one
        assert time.monotonic() < deadline, "the deployments are not served"
        time.sleep(0.5)
    deployment = prefect_api.get("/deployments/name/reproduce/curate").json()
    request = {"parameters": {"stage": "curate", "overrides": ["curate.seed=77"]}, "state": {"type": "SCHEDULED"}}
    while (answer := prefect_api.post(f"/deployments/{deployment['id']}/create_flow_run", json=request)).is_error:
        assert answer.status_code == 503, answer.text  # SQLite was busy: clients ask again
        time.sleep(0.5)
    run = answer.json()
    while (run := prefect_api.get(f"/flow_runs/{run['id']}").json())["state_type"] in (
        "SCHEDULED",
        "PENDING",
        "RUNNING",
    ):
        assert time.monotonic() < deadline, run["state"]
        time.sleep(0.5)
    logs = prefect_api.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run["id"]]}}}).json()
    assert run["state_type"] == "COMPLETED", "\n".join(log["message"] for log in logs)
    params = YAML(typ="safe").load((project / "params.yaml").read_text())
    assert params["curate"]["seed"] == 77
    lock = YAML(typ="safe").load((project / "dvc.lock").read_text())
    assert lock["stages"]["curate"]["params"]["params.yaml"]["curate"]["seed"] == 77
