"""Bytes behind an address: a local file, an object of S3, or whatever fsspec knows.

Guarantees: an object of S3 is streamed from where it is sought, never held or copied; an interrupted transfer is taken
up where it broke; an object that is replaced meanwhile ends the run.
"""

from __future__ import annotations

import io
from typing import Any

from k15.artifacts.storage import s3_client, s3_errors
from k15.curation.sources.records import MIB, Damage

_BUFFER = MIB
_AT_ONCE = 128 << 10  # what a broken connection loses


class S3Object(io.RawIOBase):
    """An object that is read from where it is sought, by one request for each stretch."""

    _ATTEMPTS = 4

    def __init__(self, url: str) -> None:
        self.url = url
        self._bucket, _, self._key = url.removeprefix("s3://").partition("/")
        self._client = s3_client()
        with s3_errors(url):
            head = self._client.head_object(Bucket=self._bucket, Key=self._key)
        self.size, self._etag = int(head["ContentLength"]), head["ETag"]
        self._position = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if (position := max(base + offset, 0)) != self._position:
            self._position = position
            self._drop()
        return position

    def close(self) -> None:
        self._drop()
        super().close()

    def readinto(self, buffer: Any) -> int:
        if self._position >= self.size:
            return 0
        with s3_errors(self.url):
            data = self._fetch(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fetch(self, size: int) -> bytes:
        from botocore.exceptions import ConnectionError, HTTPClientError, IncompleteReadError, ReadTimeoutError

        broken = (ConnectionError, HTTPClientError, IncompleteReadError, ReadTimeoutError)
        for attempt in range(self._ATTEMPTS):
            try:
                if self._body is None:
                    wanted = f"bytes={self._position}-"
                    answer = self._client.get_object(
                        Bucket=self._bucket, Key=self._key, Range=wanted, IfMatch=self._etag
                    )
                    self._body = answer["Body"]
                if data := self._body.read(min(size, _AT_ONCE)):
                    return bytes(data)
            except broken:
                if attempt == self._ATTEMPTS - 1:
                    raise
            self._drop()
        raise Damage(f"the object ended at byte {self._position} of {self.size}")

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def open_url(url: str) -> io.BufferedReader:
    """The bytes behind a local path, an object of S3 or an address that fsspec knows; can be sought."""
    if url.startswith("s3://"):
        return io.BufferedReader(S3Object(url), _BUFFER)
    if "://" in url:
        import fsspec

        return io.BufferedReader(fsspec.open(url, "rb").open(), _BUFFER)
    return open(url, "rb")
