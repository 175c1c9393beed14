"""SHA-256 of files, buffers and JSON values."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value that digests are taken over; refuses NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def json_digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def buffer_digest(data: Any) -> str:
    """Digest of bytes or of anything with the buffer protocol, such as a pyarrow buffer."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digests(paths: Iterable[Path]) -> list[str]:
    """Digests in the order of `paths`; hashing releases the GIL, so threads use the cores."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(file_digest, paths))
