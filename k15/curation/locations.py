"""The files behind a source's path: a file, a directory, a glob, a tar archive, or the same under s3://.

Guarantees: files come in the order of their names; gzip is undone; a file that is missing or damaged is
one line that names it. Not guaranteed: low memory for objects of S3, which are fetched whole.
"""

from __future__ import annotations

import fnmatch
import glob
import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

from k15.artifacts.storage import s3_client, s3_errors
from k15.errors import UserError

_TAR = (".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class SourceFile:
    """`name` is relative to the source's path, `shown` is what a user recognises, `stream` is decompressed."""

    name: str
    shown: str
    stream: BinaryIO


@contextmanager
def readable(shown: str) -> Iterator[None]:
    """Damage to a compressed file shows only while it is read."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, tarfile.ReadError) as error:
        raise UserError(f"{shown}: damaged or cut off ({error}); fetch it again") from None


def files(path: str, root: Path, suffixes: tuple[str, ...]) -> Iterator[SourceFile]:
    """The files of `path` (relative to `root`). In directories and archives only those that end in one of
    `suffixes`, compressed or not, are taken; a file that is named, or matched by a glob, always is."""
    found = _s3_objects(path, suffixes) if path.startswith("s3://") else _local_files(path, root, suffixes)
    for name, shown, stream in found:
        with stream, readable(shown):
            if name.endswith(_TAR):
                yield from _members(name, shown, stream, suffixes)
            elif name.endswith(".gz"):
                with gzip.open(stream) as plain:
                    yield SourceFile(name, shown, plain)  # type: ignore[arg-type]
            else:
                yield SourceFile(name, shown, stream)


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") for part in parts)
    return not hidden and (name.removesuffix(".gz").endswith(suffixes) or name.endswith(_TAR))


def _local_files(path: str, root: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str, BinaryIO]]:
    whole = root / path
    base = whole.parent
    if whole.is_dir():
        base = whole
        inside = (file for file in whole.rglob("*") if file.is_file())
        paths = [file for file in inside if _wanted(file.relative_to(whole).as_posix(), suffixes)]
    elif whole.exists():
        paths = [whole]
    elif glob.has_magic(path):
        base = Path(*_until_magic(whole))
        paths = [Path(match) for match in glob.glob(str(whole), recursive=True) if Path(match).is_file()]
    else:
        raise UserError(f"{path}: no such file; correct the source's path")
    if not paths:
        raise UserError(f"{path}: no {' or '.join(suffixes)} file there; correct the source's path or format")
    for file in sorted(paths):
        name = file.relative_to(base).as_posix()
        shown = path if file == whole else f"{path}: {name}"
        yield name, shown, file.open("rb")


def _until_magic(path: PurePath) -> list[str]:
    parts = list(path.parts)
    return parts[: next(index for index, part in enumerate(parts) if glob.has_magic(part))]


def _s3_objects(url: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str, BinaryIO]]:
    bucket, _, pattern = url.removeprefix("s3://").partition("/")
    magic = glob.has_magic(pattern)
    parts = PurePosixPath(pattern).parts
    prefix = "/".join(_until_magic(PurePosixPath(pattern)) if magic else parts)
    client = s3_client()
    keys: list[str] = []
    with s3_errors(url):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            keys.extend(entry["Key"] for entry in page.get("Contents", ()))
    if magic:
        chosen = [key for key in keys if fnmatch.fnmatchcase(key, pattern)]
    elif prefix in keys:
        chosen, prefix = [prefix], str(PurePosixPath(prefix).parent)
    else:
        inside = (key for key in keys if key.startswith(f"{prefix}/"))
        chosen = [key for key in inside if _wanted(key.removeprefix(f"{prefix}/"), suffixes)]
    if not chosen:
        raise UserError(f"{url}: no {' or '.join(suffixes)} object there; correct the source's path or format")
    for key in sorted(chosen):
        content = io.BytesIO()
        with s3_errors(f"s3://{bucket}/{key}"):
            client.download_fileobj(bucket, key, content)
        content.seek(0)
        yield key.removeprefix(f"{prefix}/"), f"s3://{bucket}/{key}", content


def _members(name: str, shown: str, stream: BinaryIO, suffixes: tuple[str, ...]) -> Iterator[SourceFile]:
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or not _wanted(member.name.removeprefix("./"), suffixes):
                continue
            data: BinaryIO = io.BytesIO(content.read())
            if member.name.endswith(".gz"):
                data = io.BytesIO(gzip.decompress(data.read()))
            yield SourceFile(f"{name}/{member.name.removeprefix('./')}", f"{shown}: {member.name}", data)
