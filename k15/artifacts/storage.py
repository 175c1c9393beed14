"""Where the files of an artifact live: a local directory, or a prefix in an S3 bucket.

Guarantees: an artifact appears whole or not at all, and replaces an older one as a whole. With several
writers at once the last one wins. Locally everything is written and synced in a hidden directory beside
the target and then renamed; what killed writers left behind is removed by the next writer. On S3 an
object's key contains its digest, so a new version never overwrites the files of the one that readers use,
and the manifest, put last, switches over.

Not guaranteed: between the two renames that replace a local artifact it is missing for an instant;
killing an S3 writer leaves objects that no manifest names; an S3 reader whose dataset is replaced under it
finds a shard missing, and so may a writer that puts back the very content which another is replacing.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from k15.errors import ArtifactError

MANIFEST = "manifest.json"
Location = Path | str


def store_at(location: Location) -> "LocalStore | S3Store":
    return S3Store(str(location)) if str(location).startswith("s3://") else LocalStore(Path(location))


class LocalStore:
    """An artifact in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def manifest(self) -> bytes | None:
        try:
            return (self.root / MANIFEST).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def exists(self) -> bool:
        return self.root.exists()

    def load(self, name: str, sha256: str) -> pa.Buffer:
        path = self.root / name
        if path.stat().st_size == 0:
            return pa.py_buffer(b"")
        return pa.memory_map(str(path)).read_buffer()

    def version(self, name: str) -> tuple[Any, ...] | None:
        """Changes whenever the file does (bit rot apart), so that a digest is checked once a process."""
        status = (self.root / name).stat()
        return str(self.root / name), status.st_ino, status.st_mtime_ns, status.st_size

    @contextlib.contextmanager
    def staging(self) -> Iterator["LocalStaging"]:
        self.root.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(self.root)
        directory, lock = _claim(self.root)
        try:
            yield LocalStaging(self.root, directory)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)


class LocalStaging:
    def __init__(self, target: Path, directory: Path) -> None:
        self.target, self.directory = target, directory

    def keep(self, name: str, sha256: str) -> None:
        """The file `name` in the staging directory is complete."""

    def commit(self, manifest: str) -> None:
        (self.directory / MANIFEST).write_text(manifest, "utf-8")
        for folder, _, files in os.walk(self.directory):
            for path in [*(os.path.join(folder, name) for name in files), folder]:
                _sync(path)
        retired = self.directory.with_name(self.directory.name.replace(".partial-", ".partial-old-"))
        while True:
            with contextlib.suppress(FileNotFoundError):
                self.target.rename(retired)
            try:
                self.directory.rename(self.target)
                break
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                _remove(retired)  # another writer came in between
        _sync(self.target.parent)
        _remove(retired)


class S3Store:
    """An artifact under s3://bucket/prefix; AWS_ENDPOINT_URL and boto3's other settings apply."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.bucket, _, self.prefix = self.url.removeprefix("s3://").partition("/")
        if not self.bucket or not self.prefix:
            raise ArtifactError(f"{url} names no dataset; give it as s3://bucket/prefix")
        self.client = s3_client()

    def key(self, name: str, sha256: str) -> str:
        path = Path(name)
        return f"{self.prefix}/{path.with_name(f'{path.stem}-{sha256[:16]}{path.suffix}')}"

    def manifest(self) -> bytes | None:
        try:
            return self._get(f"{self.prefix}/{MANIFEST}")
        except FileNotFoundError:
            return None

    def exists(self) -> bool:
        with s3_errors(self.url):
            found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.prefix}/", MaxKeys=1)
        return bool(found.get("KeyCount"))

    def load(self, name: str, sha256: str) -> pa.Buffer:
        return pa.py_buffer(self._get(self.key(name, sha256)))

    def version(self, name: str) -> None:
        return None

    def _get(self, key: str) -> bytes:
        target = io.BytesIO()
        with s3_errors(self.url):
            self.client.download_fileobj(self.bucket, key, target)
        return target.getvalue()

    @contextlib.contextmanager
    def staging(self) -> Iterator["S3Staging"]:
        with tempfile.TemporaryDirectory(prefix="k15-upload-") as directory:
            yield S3Staging(self, Path(directory))


class S3Staging:
    def __init__(self, store: S3Store, directory: Path) -> None:
        self.store, self.directory = store, directory
        self.keys: set[str] = set()

    def keep(self, name: str, sha256: str) -> None:
        """Upload the finished file `name` and drop it here: only one shard at a time takes local space."""
        key = self.store.key(name, sha256)
        with s3_errors(self.store.url):
            self.store.client.upload_file(str(self.directory / name), self.store.bucket, key)
        (self.directory / name).unlink()
        self.keys.add(key)

    def commit(self, manifest: str) -> None:
        old = self.store.manifest()
        key = f"{self.store.prefix}/{MANIFEST}"
        with s3_errors(self.store.url):
            self.store.client.put_object(Bucket=self.store.bucket, Key=key, Body=manifest.encode())
            for stale in self._keys_of(old) - self.keys:
                self.store.client.delete_object(Bucket=self.store.bucket, Key=stale)

    def _keys_of(self, manifest: bytes | None) -> set[str]:
        try:
            files = json.loads(manifest or b'{"files": {}}')["files"]
            return {self.store.key(name, entry["sha256"]) for name, entry in files.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return set()  # a damaged manifest names nothing that could be removed safely


def s3_client() -> Any:
    import boto3

    return boto3.client("s3")


@contextlib.contextmanager
def s3_errors(url: str) -> Iterator[None]:
    """A missing object becomes FileNotFoundError, everything else one line for the user."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code in ("404", "NoSuchKey"):
            raise FileNotFoundError(url) from error
        reason = " ".join(str(error).split())
        raise ArtifactError(f"{url}: {reason}; check bucket, AWS_ENDPOINT_URL and credentials") from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial-{secrets.token_hex(4)}")
    try:
        partial.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
        _sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _claim(target: Path) -> tuple[Path, int]:
    """A new staging directory, locked: process ids would not do across containers."""
    while True:
        directory = target.with_name(f".{target.name}.partial-{secrets.token_hex(4)}")
        directory.mkdir()
        # A cleaning writer may take the directory for stale until it is locked: then try another.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(directory, os.O_RDONLY)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if directory.exists():
                    return directory, lock
            os.close(lock)


def _remove_stale(target: Path) -> None:
    for directory in target.parent.glob(f".{target.name}.partial-*"):
        with contextlib.suppress(OSError):
            lock = os.open(directory, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(directory)
            finally:
                os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path | str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
