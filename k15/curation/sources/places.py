"""The files behind a source's path: a file, a directory, a glob, a tar archive, or the same at another address.

Guarantees: files come in the order of their names. In directories and archives only those of the source's format,
compressed or not, are taken, and no hidden ones; a file that is named, or matched by a glob, always is.
"""

from __future__ import annotations

import glob
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from k15.artifacts.storage import s3_client, s3_errors
from k15.curation.sources.streams import without_codec
from k15.errors import UserError

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_LISTED = 6
_VERSIONS = (
    "ETag", "etag", "oid", "blob_id", "last_commit", "sha256", "md5Hash", "generation", "LastModified", "last_modified",
    "updated", "modified", "mtime", "created",
)  # fmt: skip
"""What file systems of fsspec tell of an entry that changes with its content."""


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is relative to the source's path, `shown` is what a user recognises, `url` is how to open it (a local
    one is relative to the repository root where it lies there); `version` changes when the content does, and where
    nothing is known of that, at every look."""

    name: str
    shown: str
    url: str
    size: int
    version: str


def find(path: str, root: Path, suffixes: tuple[str, ...]) -> list[Place]:
    """The files of `path` (relative to `root`)."""
    if not (found := within(path, root, suffixes)):
        raise UserError(f"{path}: no {_listed(suffixes)} file there; correct the source's path or format")
    return sorted(found, key=lambda place: place.name)


def within(path: str, root: Path, suffixes: tuple[str, ...]) -> list[Place]:
    """The same in no order, and perhaps none."""
    if path.startswith("s3://"):
        return _on_s3(path, suffixes)
    return _at_fsspec(path, suffixes) if "://" in path else _local(path, root, suffixes)


def located(place: Place, root: Path) -> str:
    return place.url if "://" in place.url else str(root / place.url)


def _listed(suffixes: tuple[str, ...]) -> str:
    rest = len(suffixes) - _LISTED
    return " or ".join([*suffixes[:_LISTED], *([f"{rest} others"] if rest > 0 else [])])


def wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file that nobody named is one of the source's."""
    return not _is_hidden(PurePosixPath(name).parts) and (
        without_codec(name).lower().endswith(suffixes) or is_archive(name)
    )


def is_archive(name: str) -> bool:
    return name.lower().endswith(_TAR)


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
        matches = _matcher(str(whole))
        paths = [file for file in map(Path, glob.glob(_plain(str(whole)), recursive=True)) if file.is_file()]
        paths = [file for file in paths if matches(str(file))]
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


def _plain(pattern: str) -> str:
    """Two stars within a name are one."""
    return "/".join(part if part == "**" else re.sub(r"\*\*+", "*", part) for part in pattern.split("/"))


def _matcher(pattern: str) -> Callable[[str], bool]:
    """As a shell has it, here and at any address: a star stays within a name, and hidden names are meant by patterns
    that begin with a dot only."""
    from fsspec.utils import glob_translate

    matches = re.compile(glob_translate(_plain(pattern))).match
    known = len(_until_magic(PurePosixPath(pattern)))
    hidden = _is_hidden(PurePosixPath(pattern).parts[known:])
    return lambda path: bool(matches(path)) and (hidden or not _is_hidden(PurePosixPath(path).parts[known:]))


def _is_hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts)


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
            found = (entry for entry in page.get("Contents", ()) if not entry["Key"].endswith("/"))
            entries.update((entry["Key"], entry) for entry in found)
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
            _version(found[key]),
        )
        for key in chosen
    ]


def _version(entry: Mapping[str, Any]) -> str:
    found = [f"{name}={entry[name]}" for name in _VERSIONS if entry.get(name)]
    return " ".join(found) or uuid.uuid4().hex


def _choose(keys: Iterable[str], pattern: str, prefix: str, suffixes: tuple[str, ...]) -> tuple[str, list[str]]:
    """Those of `keys` that `pattern` means, and what their names are relative to."""
    if glob.has_magic(pattern):
        return prefix, list(filter(_matcher(pattern), keys))
    if prefix in keys:
        return str(PurePosixPath(prefix).parent), [prefix]
    inside = [key for key in keys if key.startswith(f"{prefix}/")] if prefix else list(keys)
    return prefix, [key for key in inside if wanted(_below(prefix, key), suffixes)]


def _below(base: str, key: str) -> str:
    return key.removeprefix(f"{base.rstrip('/')}/") if base not in ("", ".") else key
