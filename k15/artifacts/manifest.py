"""Manifests: what an artifact is, which bytes it consists of, and what it was made from.

Every artifact is a directory with `manifest.json`, written last. Its `digest` identifies the content and
its lineage and leaves out the code revision, so two runs of the same inputs agree; its `checksum` covers
every field, so no byte of the manifest itself can change unnoticed. No times, no absolute paths.
"""

import dataclasses
import functools
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pydantic

from k15.artifacts import schemas
from k15.artifacts.digests import buffer_digest, file_digests, json_digest
from k15.artifacts.storage import MANIFEST, LocalStore, Location, S3Store, store_at
from k15.errors import ArtifactError


@dataclass(frozen=True)
class File:
    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True)
class Manifest:
    kind: str  # dataset | checkpoint | tokenizer
    schema: str
    schema_version: int
    rows: int | None
    bytes: int
    files: dict[str, File]
    stage: str
    params: dict[str, Any]
    params_digest: str
    parents: dict[str, str]  # artifact → digest of its manifest
    revision: str
    digest: str = ""
    checksum: str = ""

    def sealed(self) -> "Manifest":
        content = dataclasses.asdict(self)
        for name in ("revision", "digest", "checksum"):
            del content[name]
        digest = json_digest(content)
        content |= {"revision": self.revision, "digest": digest}
        return dataclasses.replace(self, digest=digest, checksum=json_digest(content))

    def render(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True) + "\n"


_READER = pydantic.TypeAdapter(Manifest)


@dataclass(frozen=True)
class Producer:
    """Who makes an artifact: the stage, its resolved parameters, and the artifacts that it read."""

    stage: str
    params: dict[str, Any]
    parents: Sequence[Location] = ()

    def manifest(self, kind: str, schema: str, files: dict[str, File], rows: int | None = None) -> Manifest:
        return Manifest(
            kind=kind,
            schema=schema,
            schema_version=schemas.version(schema),
            rows=rows,
            bytes=sum(file.bytes for file in files.values()),
            files=files,
            stage=self.stage,
            params=self.params,
            params_digest=json_digest(self.params),
            parents=parent_digests(self.parents),
            revision=revision(),
        ).sealed()


def parent_digests(parents: Sequence[Location]) -> dict[str, str]:
    return {_label(parent): read_manifest(parent).digest for parent in parents}


def publish(path: Path, kind: str, schema: str, producer: Producer, build: Callable[[Path], None]) -> Manifest:
    """Make a directory artifact: `build` fills a hidden directory, which then appears at `path` whole."""
    with LocalStore(path).staging() as staging:
        build(staging.directory)
        paths = sorted(file for file in staging.directory.rglob("*") if file.is_file())
        digests = file_digests(paths)
        files = {
            file.relative_to(staging.directory).as_posix(): File(digest, file.stat().st_size)
            for file, digest in zip(paths, digests, strict=True)
        }
        manifest = producer.manifest(kind, schema, files)
        staging.commit(manifest.render())
    return manifest


def read_manifest(location: Location) -> Manifest:
    """The manifest alone, itself checked; the files that it names are not looked at."""
    store = store_at(location)
    text = store.manifest()
    if text is None:
        state = f"is half-written (no {MANIFEST})" if store.exists() else "is missing"
        raise ArtifactError(f"{_show(location)} {state}; {_cure(location)}")
    try:
        manifest = _READER.validate_json(text)
    except pydantic.ValidationError:
        manifest = None
    # Comparing bytes also notices what parsing forgives, such as changed white space.
    if manifest is None or manifest.sealed().render().encode() != text:
        raise ArtifactError(f"{_show(location)}/{MANIFEST} is corrupted; {_cure(location, damaged=True)}")
    return manifest


def verify(location: Location, kind: str | None = None, schema: str | None = None) -> Manifest:
    """Check the whole artifact, every byte of it; `ArtifactError` names the bad file and the cure."""
    manifest = expect(location, kind, schema)
    store = store_at(location)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda item: load_file(store, location, manifest, item), manifest.files):
            pass
    return manifest


def expect(location: Location, kind: str | None, schema: str | None) -> Manifest:
    """The manifest, if the artifact is of this kind and schema, in the version that this code reads."""
    manifest = read_manifest(location)
    for what, wanted, found in (("kind", kind, manifest.kind), ("schema", schema, manifest.schema)):
        if wanted is not None and wanted != found:
            raise ArtifactError(
                f"{_show(location)} has {what} `{found}`, `{wanted}` is needed; give the right artifact"
            )
    known = schemas.DATASETS.keys() | schemas.LAYOUTS.keys()
    version = schemas.version(manifest.schema) if manifest.schema in known else None
    if manifest.schema_version != version:
        raise ArtifactError(
            f"{_show(location)} has version {manifest.schema_version} of schema `{manifest.schema}`,"
            f" this code reads {version or 'no such schema'}; {_cure(location, manifest)}"
        )
    return manifest


_verified: set[tuple[Any, ...]] = set()


def load_file(store: LocalStore | S3Store, location: Location, manifest: Manifest, name: str) -> pa.Buffer:
    """One file of an artifact; its digest is checked once in a process as long as the file stays as it is."""
    entry = manifest.files[name]
    try:
        data = store.load(name, entry.sha256)
        version = store.version(name)
    except FileNotFoundError:
        raise ArtifactError(f"{_show(location)}/{name} is missing; {_cure(location, manifest)}") from None
    key = None if version is None else (*version, entry.sha256)
    if key in _verified:
        return data
    actual = buffer_digest(data)
    if actual != entry.sha256:
        raise ArtifactError(
            f"{_show(location)}/{name} is corrupted ({data.size} bytes, sha256 {actual[:12]}; expected"
            f" {entry.bytes} bytes, {entry.sha256[:12]}); {_cure(location, manifest, damaged=True)}"
        )
    if key is not None:
        _verified.add(key)
    return data


@functools.cache
def revision() -> str:
    """The code that runs: K15_REVISION, else git's HEAD, marked where the code differs from it."""
    if given := os.environ.get("K15_REVISION"):
        return given
    root = Path(__file__).resolve().parents[2]
    try:
        head = _git(root, "rev-parse", "HEAD")
        # Only code: dvc.lock and metrics change while a reproduction runs, and params stand in the manifest.
        changed = _git(root, "status", "--porcelain", "--", "k15", "stages")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changed else head


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _label(location: Location) -> str:
    """An artifact's name independent of where the repository lies."""
    parts = Path(location).parts
    if str(location).startswith("s3://"):
        return str(location)
    if "artifacts" in parts:
        return "/".join(parts[len(parts) - parts[::-1].index("artifacts") :])
    return parts[-1]


def _show(location: Location) -> str:
    if isinstance(location, Path) and location.is_absolute() and location.is_relative_to(Path.cwd()):
        return str(location.relative_to(Path.cwd()))
    return str(location)


def _cure(location: Location, manifest: Manifest | None = None, damaged: bool = False) -> str:
    stage = manifest.stage.replace(".", "@") if manifest else _label(location).split("/")[0]
    # DVC may still take a damaged file for the cached one, so it has to go first.
    return f"{'remove it and ' if damaged else ''}run `dvc repro {stage}`"
