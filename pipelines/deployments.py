"""What the Prefect UI can start: the recipe, or one stage, with overrides. `pipelines.ui` serves it.

Every deployment is the flow `reproduce` with another `stage`. It calls DVC, whose stages are flows of their own,
so a run from here is an ordinary reproduction: only what is stale runs, and a change is an experiment that
`dvc exp show` lists. One run at a time: DVC locks the checkout.
"""

import os
import sys
from pathlib import Path
from typing import Literal

from prefect import flow, get_run_logger
from prefect.deployments.runner import RunnerDeployment

from k15.params import load_params
from pipelines.graph import OPTIONAL, load_graph
from pipelines.params import PipelineParams
from pipelines.runners.process import start_guarded

ROOT = Path(__file__).resolve().parents[1]
Profile = Literal["smoke", "laptop", "gpu", "cluster"]


def dvc_command(root: Path, stage: str | None, profile: str | None, overrides: list[str]) -> list[str]:
    """What brings `stage` (or everything) up to date, with parameters changed as asked."""
    target = [stage] if stage else []
    if not profile and not overrides:
        return ["dvc", "repro", *target]
    # An experiment composes params.yaml anew: say which profile the overrides are on top of.
    settings = [f"profile={profile or load_params(PipelineParams, 'pipeline', root).profile}", *overrides]
    return ["dvc", "exp", "run", *(part for setting in settings for part in ("-S", setting)), *target]


@flow(name="reproduce", persist_result=False)
def reproduce(stage: str | None = None, profile: Profile | None = None, overrides: list[str] | None = None) -> None:
    """Bring the recipe, or one stage and what it needs, up to date.

    Overrides are Hydra's: `rl.reward.length_weight=0.2`.
    """
    command = dvc_command(ROOT, stage, profile, overrides or [])
    logger = get_run_logger()
    logger.info(" ".join(command))
    # The stages are flow runs of their own, not part of this process's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT__")}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")])
    handle = start_guarded(command, ROOT, env)
    try:
        for line in handle.lines():
            logger.info(line)
    finally:
        handle.cancel()
    if code := handle.wait():
        raise RuntimeError(f"{' '.join(command)} ended with exit status {code}; its output is in the logs")


def deployments(root: Path) -> list[RunnerDeployment]:
    """`recipe`, then one a stage, the optional ones last."""
    targets = {name: name for name in load_graph(root)}
    targets |= {name: f"{OPTIONAL}:{name}" for name in load_graph(root, OPTIONAL)}
    stages = [
        RunnerDeployment.from_flow(reproduce, name=name, parameters={"stage": target})
        for name, target in targets.items()
    ]
    return [RunnerDeployment.from_flow(reproduce, name="recipe"), *stages]
