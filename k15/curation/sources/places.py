"""The files behind a source's path: a file, a directory, a glob, a tar archive, or the same at another address.

Guarantees: files come in the order of their names. In directories and archives only those of the source's format,
compressed or not, are taken, and no hidden ones; a file that is named, or matched by a glob, always is.
"""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from k15.artifacts.storage import s3_client, s3_errors
from k15.curation.sources.streams import without_codec
from k15.errors import UserError

TAR = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_LISTED = 6


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is relative to the source's path, `shown` is what a user recognises, `url` is how to open it (a local
    one is relative to the repository root where it lies there); `version` changes when the content does."""

    name: str
    shown: str
    url: str
    size: int
    version: str


def find(path: str, root: Path, suffixes: tuple[str, ...]) -> list[Place]:
    """The files of `path` (relative to `root`)."""
    if path.startswith("s3://"):
        found = _on_s3(path, suffixes)
    elif "://" in path:
        found = _at_fsspec(path, suffixes)
    else:
        found = _local(path, root, suffixes)
    if not found:
        raise UserError(f"{path}: no {_listed(suffixes)} file there; correct the source's path or format")
    return sorted(found, key=lambda place: place.name)


def _listed(suffixes: tuple[str, ...]) -> str:
    rest = len(suffixes) - _LISTED
    return " or ".join([*suffixes[:_LISTED], *([f"{rest} others"] if rest > 0 else [])])


def wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file that nobody named is one of the source's."""
    hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
    return not hidden and (without_codec(name).lower().endswith(suffixes) or name.endswith(TAR))


def _local(path: str, root: Path, suffixes: tuple[str, ...]) -> list[Place]:
    whole = root / path
    base = whole.parent
    if whole.is_dir():
        base = whole
        inside = (file for file in whole.rglob("*") if file.is_file())
        paths = [file for file in inside if wanted(file.relative_to(whole).as_posix(), suffixes)]
    elif whole.exists():
        paths = [whole]
    elif glob.has_magic(path):
        base = Path(*_until_magic(whole))
        paths = [Path(match) for match in glob.glob(str(whole), recursive=True) if Path(match).is_file()]
    else:
        raise UserError(f"{path}: no such file; correct the source's path")
    return [_local_place(file, base, path, root, file == whole) for file in paths]


def _local_place(file: Path, base: Path, path: str, root: Path, only: bool) -> Place:
    name = file.relative_to(base).as_posix()
    url = file.relative_to(root) if file.is_relative_to(root) else file
    status = file.stat()
    return Place(name, path if only else f"{path}: {name}", str(url), status.st_size, str(status.st_mtime_ns))


def _until_magic(path: PurePath) -> list[str]:
    parts = list(path.parts)
    return parts[: next(index for index, part in enumerate(parts) if glob.has_magic(part))]


def _prefix(pattern: str) -> str:
    parts = PurePosixPath(pattern)
    return "/".join(_until_magic(parts) if glob.has_magic(pattern) else parts.parts)


def _on_s3(url: str, suffixes: tuple[str, ...]) -> list[Place]:
    bucket, _, pattern = url.removeprefix("s3://").partition("/")
    prefix = _prefix(pattern)
    client = s3_client()
    entries: dict[str, Any] = {}
    with s3_errors(url):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            entries.update((entry["Key"], entry) for entry in page.get("Contents", ()))
    base, chosen = _choose(entries, pattern, prefix, suffixes)
    return [
        Place(_below(base, key), shown, shown, entries[key]["Size"], entries[key]["ETag"])
        for key, shown in ((key, f"s3://{bucket}/{key}") for key in chosen)
    ]


def _at_fsspec(url: str, suffixes: tuple[str, ...]) -> list[Place]:
    import fsspec

    protocol = url.partition("://")[0]
    try:
        system, pattern = fsspec.core.url_to_fs(url)
        prefix = _prefix(pattern)
        found = system.find(prefix, detail=True)
    except (ValueError, ImportError) as error:
        raise UserError(f"{url}: {error}; correct the source's path or install what reads {protocol}://") from None
    except OSError as error:
        raise UserError(f"{url}: {error}; is it there and reachable?") from None
    rooted = f"/{prefix.lstrip('/')}" if pattern.startswith("/") else prefix
    base, chosen = _choose(found, pattern, rooted, suffixes)
    return [
        Place(
            _below(base, key),
            f"{url}: {key}",
            system.unstrip_protocol(key),
            int(found[key]["size"] or 0),
            str(next((found[key][name] for name in ("ETag", "etag", "oid", "mtime") if name in found[key]), "")),
        )
        for key in chosen
    ]


def _choose(keys: Iterable[str], pattern: str, prefix: str, suffixes: tuple[str, ...]) -> tuple[str, list[str]]:
    """Those of `keys` that `pattern` means, and what their names are relative to."""
    if glob.has_magic(pattern):
        return prefix, [key for key in keys if fnmatch.fnmatchcase(key, pattern)]
    if prefix in keys:
        return str(PurePosixPath(prefix).parent), [prefix]
    inside = [key for key in keys if key.startswith(f"{prefix}/")] if prefix else list(keys)
    return prefix, [key for key in inside if wanted(_below(prefix, key), suffixes)]


def _below(base: str, key: str) -> str:
    return key.removeprefix(f"{base.rstrip('/')}/") if base not in ("", ".") else key
