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
    known = _variables((root / file).parent, document.get("vars", []))
    return {node.name: node for stage, body in document["stages"].items() for node in _expand(stage, body, known)}


def load_node(root: Path, name: str) -> Node:
    """A stage of the recipe, or an optional one."""
    graph = load_graph(root) | load_graph(root, OPTIONAL)
    if name not in graph:
        raise UserError(f"dvc.yaml has no stage {name}; the stages are {', '.join(graph)}")
    return graph[name]


def _variables(folder: Path, files: list[str]) -> dict[str, str]:
    """What `${section.key}` stands for, of the sections of files that a dvc.yaml names as `file:section`."""
    found: dict[str, str] = {}
    for entry in files:
        path, _, section = entry.partition(":")
        document = YAML(typ="safe", pure=True).load((folder / path).read_text(encoding="utf-8"))
        found |= _fields(section, document[section])
    return found


def _expand(stage: str, body: dict[str, Any], known: dict[str, str]) -> Iterator[Node]:
    if "foreach" not in body:
        yield _node(stage, body, known)
        return
    for key, item in body["foreach"].items():
        yield _node(f"{stage}@{key}", body["do"], {**known, "${key}": key, **_fields("item", item)})


def _fields(name: str, item: str | dict[str, Any]) -> dict[str, str]:
    """What `${name}` or `${name.field}` stand for."""
    return {f"${{{name}}}": item} if isinstance(item, str) else {f"${{{name}.{k}}}": str(v) for k, v in item.items()}


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
