"""The stages as the dvc.yaml files declare them: what each reads and writes. DVC stays the judge of what is stale."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from k15.errors import UserError

RECIPE = "dvc.yaml"
OPTIONAL = "pipelines/optional/dvc.yaml"
"""Stages that `dvc repro` alone does not run. Their paths are relative to the root too."""


@dataclass(frozen=True)
class Node:
    """One stage: `name` as DVC calls it, such as `rl` or `long2short@merge`."""

    name: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    metrics: tuple[str, ...]
    plots: tuple[str, ...]
    params: tuple[str, ...]


def load_graph(root: Path, file: str = RECIPE) -> dict[str, Node]:
    """Stage name → node, in the order of the file."""
    document = YAML(typ="safe", pure=True).load((root / file).read_text(encoding="utf-8"))
    return {node.name: node for stage, body in document["stages"].items() for node in _expand(stage, body)}


def load_node(root: Path, name: str) -> Node:
    """A stage of the recipe, or an optional one."""
    graph = load_graph(root) | load_graph(root, OPTIONAL)
    if name not in graph:
        raise UserError(f"dvc.yaml has no stage {name}; the stages are {', '.join(graph)}")
    return graph[name]


def _expand(stage: str, body: dict[str, Any]) -> Iterator[Node]:
    if "foreach" not in body:
        yield _node(stage, body, {})
        return
    for key, item in body["foreach"].items():
        yield _node(f"{stage}@{key}", body["do"], {"${key}": key, **_fields(item)})


def _fields(item: str | dict[str, str]) -> dict[str, str]:
    """What `${item}` or `${item.field}` stand for."""
    return {"${item}": item} if isinstance(item, str) else {f"${{item.{k}}}": value for k, value in item.items()}


def _node(name: str, body: dict[str, Any], variables: dict[str, str]) -> Node:
    def paths(section: str) -> tuple[str, ...]:
        names = []
        for entry in body.get(section, []):
            text = entry if isinstance(entry, str) else next(iter(entry))
            for variable, value in variables.items():
                text = text.replace(variable, value)
            names.append(text)
        return tuple(names)

    return Node(name, paths("deps"), paths("outs"), paths("metrics"), paths("plots"), paths("params"))
