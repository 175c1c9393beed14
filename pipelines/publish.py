"""What a stage's flow shows as Prefect artifacts: inputs and outputs with their digests, metrics, plots."""

import json
import re
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from ruamel.yaml import YAML

from pipelines.charts import line_chart
from pipelines.graph import Node


def key(*parts: str) -> str:
    """An artifact key: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")


def parameters(root: Path, node: Node) -> dict[str, Any]:
    """The sections (or dotted sub-sections) of params.yaml that the stage reads."""
    document = YAML(typ="safe", pure=True).load((root / "params.yaml").read_text(encoding="utf-8"))
    found = {}
    for name in node.params:
        value: Any = document
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        found[name] = value
    return found


def inputs(root: Path, node: Node) -> None:
    """Task: the artifacts that the stage reads."""
    _describe(root, node.name, "inputs", [path for path in node.deps if path.startswith("artifacts/")])


def results(root: Path, node: Node) -> None:
    """Task: what the stage wrote."""
    _describe(root, node.name, "outputs", list(node.outs))
    for path in node.metrics:
        rows = [{"metric": name, "value": value} for name, value in _flatten(_read(root / path))]
        if rows:
            create_table_artifact(rows, key=key(node.name, "metrics"), description=path)
    for path in node.plots:
        rows = _read(root / path)
        if isinstance(rows, list) and rows:
            create_markdown_artifact(line_chart(rows), key=key(Path(path).stem), description=path)
    summary = root / "report" / "summary.txt"
    if node.name == "report" and summary.exists():
        text = f"```\n{summary.read_text(encoding='utf-8')}\n```"
        create_markdown_artifact(text, key="report-summary", description="report/summary.txt")


def _describe(root: Path, name: str, what: str, paths: list[str]) -> None:
    rows = []
    for path in paths:
        manifest = _read(root / path / "manifest.json")
        if isinstance(manifest, dict):
            figures = {field: manifest.get(field) for field in ("kind", "rows", "bytes", "digest")}
            rows.append({"artifact": path, **figures})
    if rows:
        create_table_artifact(rows, key=key(name, what), description=f"{what} of {name}")


def _read(path: Path) -> Any:
    """The JSON document, or None where there is none: publishing never fails a stage."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _flatten(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in _flatten(item, f"{prefix}.{name}".strip("."))]
    return [] if value is None else [(prefix, value)]
