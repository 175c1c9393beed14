"""dvc.yaml against the code: stages depend on exactly the parts of k15 that they import and the sections they read."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from k15.params import read_params
from pipelines.graph import OPTIONAL, load_graph, load_node

ROOT = Path(__file__).resolve().parents[2]
GRAPH = load_graph(ROOT)
MORE = load_graph(ROOT, OPTIONAL)
ALL = GRAPH | MORE
ORDER = [
    "curate",
    "pretrain",
    "vision_language",
    "long_context",
    "sft",
    "prompts",
    "rl",
    "long2short@merge",
    "long2short@rejection",
    "long2short@dpo",
    "long2short@rl",
    "evaluate",
    "report",
]


def test_stages_in_order() -> None:
    assert list(GRAPH) == ORDER


def test_optional_stages_are_known_by_name_and_feed_no_other() -> None:
    assert list(MORE) == ["reward_model", "judge"]
    assert load_node(ROOT, "reward_model") == MORE["reward_model"]
    made = {path for node in MORE.values() for path in node.outs}
    assert not made & {dep for node in GRAPH.values() for dep in node.deps}


def test_the_judge_depends_on_the_checkpoint_of_params() -> None:
    assert read_params(ROOT)["judge"]["checkpoint"] in MORE["judge"].deps


@pytest.mark.parametrize("path", ["dvc.yaml", OPTIONAL])
def test_dvc_remembers_every_run(path: str) -> None:
    """An output outside of its cache would keep a stage out of the run cache, which experiments live on."""
    stages = YAML(typ="safe").load((ROOT / path).read_text())["stages"]
    for name, stage in stages.items():
        outs = stage.get("do", stage).get("outs", [])
        assert outs and all(isinstance(out, str) for out in outs), name


def test_inputs_are_outputs_of_earlier_stages() -> None:
    made: set[str] = set()
    for node in ALL.values():
        made_by_stages = [dep for dep in node.deps if dep.split("/")[0] in ("artifacts", "metrics", "plots")]
        assert set(made_by_stages) <= made, node.name
        made |= {*node.outs, *node.metrics, *node.plots}


def imported_files(path: Path) -> Iterator[Path]:
    """The files that a file imports, or names as a module to be loaded when it is needed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("k15."):
            names = [node.value]
        else:
            continue
        for name in names:
            place = ROOT.joinpath(*name.split("."))
            yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())


def closure(folder: Path) -> set[Path]:
    seen: set[Path] = set()
    todo = list(folder.rglob("*.py"))
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += imported_files(path)
    return {path.relative_to(ROOT) for path in seen}


@pytest.mark.parametrize("name", ALL)
def test_code_dependencies_are_the_imports(name: str) -> None:
    stage = name.partition("@")[0]
    used = closure(ROOT / "stages" / stage)
    code = [Path(dep) for dep in ALL[name].deps if dep.split("/")[0] in ("k15", "stages")]
    foreign = [path for path in used if path.parts[0] == "stages" and path.parts[1] not in (stage, "__init__.py")]
    assert not foreign, "a stage imports no other stage"
    packages = {Path("k15/__init__.py"), Path("stages/__init__.py")}
    undeclared = [path for path in used - packages if not any(path.is_relative_to(dep) for dep in code)]
    assert not undeclared
    unused = [dep for dep in code if not any(path.is_relative_to(dep) for path in used)]
    assert not unused


@pytest.mark.parametrize("name", [name for name in ALL if name != "report"])
def test_sections_of_params(name: str) -> None:
    folder, _, variant = name.partition("@")
    stage = importlib.import_module(f"stages.{folder}.run").STAGE
    assert set(ALL[name].params) == {f"{folder}.{variant}" if variant else folder, *stage.sections}


def test_the_report_shows_every_section_that_stages_read() -> None:
    assert set(GRAPH["report"].params) == set(read_params(ROOT)) - {"pipeline", "workers", "ablations", *MORE}
