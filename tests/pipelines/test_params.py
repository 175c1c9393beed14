"""conf/ and params.yaml: what Hydra composes is what the stages' typed params accept, in every profile."""

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from k15.params import load_params
from k15.stage import Stage
from pipelines.graph import load_graph
from pipelines.params import PipelineParams
from tests.pipelines.conftest import ROOT, compose

PROFILES = sorted(path.stem for path in (ROOT / "conf" / "profile").glob("*.yaml"))
STAGES = sorted({name.partition("@")[0] for name in load_graph(ROOT)})


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Profile → a directory with conf/ and the params.yaml of that profile."""
    roots = {}
    for profile in PROFILES:
        roots[profile] = tmp_path_factory.mktemp(profile)
        shutil.copytree(ROOT / "conf", roots[profile] / "conf")
        compose(roots[profile], f"profile={profile}")
    return roots


def test_profiles_are_the_four() -> None:
    assert PROFILES == ["cluster", "gpu", "laptop", "smoke"]


def test_params_yaml_is_the_default_profile(composed: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    compose(tmp_path)
    committed = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert committed == (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert committed == (composed["laptop"] / "params.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", STAGES)
def test_every_profile_is_valid(composed: dict[str, Path], name: str, profile: str) -> None:
    stage: Stage[Any] = importlib.import_module(f"stages.{name}.run").STAGE
    assert isinstance(load_params(stage.params, name, composed[profile]), stage.params)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_names_itself(composed: dict[str, Path], profile: str) -> None:
    assert load_params(PipelineParams, "pipeline", composed[profile]).profile == profile
