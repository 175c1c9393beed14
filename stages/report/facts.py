"""Everything that the report shows, read from where the stages left it and changed in nothing.

A figure that is missing is an error that names the stage to run: a report with holes looks like a report.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from k15.artifacts import read_manifest
from k15.artifacts.manifest import MANIFEST, revision
from k15.errors import UserError
from k15.tasks import FAMILIES

LONG2SHORT = ("long2short.merge", "long2short.rejection", "long2short.dpo", "long2short.rl")
STAGES = (
    "curate",
    "pretrain",
    "vision_language",
    "long_context",
    "sft",
    "prompts",
    "rl",
    *LONG2SHORT,
    "evaluate",
)
"""Names of the metrics files, in DAG order."""

RL_STAGES = ("rl", "long2short.rl")

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Facts:
    metrics: dict[str, Any]
    """Stage → content of its metrics file."""
    curves: dict[str, list[dict[str, float]]]
    """Stage of `RL_STAGES` → one row per iteration."""
    phases: dict[str, list[dict[str, float]]]
    """The same → seconds of each iteration's phases."""
    timing: dict[str, float]
    """Stage → wall seconds."""
    params: dict[str, Any]
    artifacts: dict[str, dict[str, Any]]
    lock: dict[str, dict[str, str]]
    """Stage → output → digest, as DVC recorded them; empty outside a DVC repository."""
    revision: str

    def figures(self, checkpoint: str, suite: str) -> Figures:
        """A checkpoint's figures on a suite; nulls where it was not asked."""
        nothing: Figures = {"pass@1": None, "stderr": None, "tokens": None, "samples": 0}
        found: Figures = self.metrics["evaluate"].get(checkpoint, {}).get(suite, nothing)
        return found

    def value(self, checkpoint: str, suite: str, figure: str = "pass@1") -> float | None:
        return self.figures(checkpoint, suite)[figure]

    @property
    def needle_lengths(self) -> list[int]:
        suites = {suite for checkpoint in self.metrics["evaluate"].values() for suite in checkpoint}
        return sorted(int(suite.removeprefix("needle.")) for suite in suites if suite.startswith("needle."))

    @property
    def published(self) -> list[str]:
        """Suites from a user's benchmark files: neither a family, nor a pool, nor a needle."""
        own = {*FAMILIES, *(family.domain for family in FAMILIES.values()), "text", "needle"}
        suites = {suite for checkpoint in self.metrics["evaluate"].values() for suite in checkpoint}
        return sorted(suite for suite in suites if suite.split(".")[0] not in own)

    def as_json(self) -> dict[str, Any]:
        """What the page embeds."""
        return {
            "metrics": self.metrics,
            "plots": {f"{stage}.training": rows for stage, rows in self.curves.items()},
            "phases": self.phases,
            "timing": self.timing,
            "params": self.params,
            "artifacts": self.artifacts,
            "lock": self.lock,
            "revision": self.revision,
        }


def load(root: Path) -> Facts:
    metrics = {stage: _read(root / "metrics" / f"{stage}.json", stage) for stage in STAGES}
    timing = {stage: _read(root / "metrics" / "timing" / f"{stage}.json", stage) for stage in STAGES}
    return Facts(
        metrics=metrics,
        curves={stage: _read(root / "plots" / f"{stage}.training.json", stage) for stage in RL_STAGES},
        phases={stage: timing[stage]["phases"] for stage in RL_STAGES},
        timing={stage: found["seconds"] for stage, found in timing.items()},
        params=_yaml(root / "params.yaml"),
        artifacts=_artifacts(root / "artifacts"),
        lock=_lock(root / "dvc.lock"),
        revision=revision(),
    )


def _read(path: Path, stage: str) -> Any:
    target = stage.replace(".", "@")
    cure = f"run `dvc repro {target}`"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"stage {target} has left no {path.parent.name}/{path.name}; {cure}") from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise UserError(f"{path.parent.name}/{path.name} of stage {target} is damaged; {cure}") from None


def _yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return content


def _lock(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    stages = _yaml(path).get("stages", {})
    return {
        name: {output["path"]: output.get("md5", "") for output in stage.get("outs", [])}
        for name, stage in stages.items()
    }


def _artifacts(root: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(root.rglob(MANIFEST)):
        manifest = read_manifest(path.parent)
        found[path.parent.relative_to(root).as_posix()] = {
            "kind": manifest.kind,
            "schema": f"{manifest.schema}/{manifest.schema_version}",
            "rows": manifest.rows,
            "bytes": manifest.bytes,
            "digest": manifest.digest,
            "revision": manifest.revision,
            "parents": sorted(manifest.parents),
        }
    return found
