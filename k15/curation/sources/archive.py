"""The files in a tar archive, read in one pass.

Guarantees: everything before a damage is delivered to the byte, which `tarfile` does not do; an archive that ends
without its end mark is damaged. Names of the GNU and pax extensions are known; sparse files are not.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from k15.curation.sources.places import wanted
from k15.curation.sources.records import MIB, Damage, Fault, SourceFile
from k15.curation.sources.streams import expanded

_DIGITS = 20
_BLOCK = tarfile.BLOCKSIZE
_NO_DATA = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_HEADERS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE)


class _Member(io.RawIOBase):
    """The next `size` bytes of `stream`, however many of them are read."""

    def __init__(self, stream: BufferedReader, size: int) -> None:
        self._stream = stream
        self._left = size
        self._padding = -size % _BLOCK

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(min(len(buffer), self._left))
        if self._left and not data:
            raise Damage("the archive is cut off")
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def leave(self) -> None:
        """Go to the end of the padding."""
        self._left, self._padding = self._left + self._padding, 0
        while self._left:
            self.read(MIB)


def members(name: str, shown: str, raw: BufferedReader, suffixes: tuple[str, ...]) -> Iterator[SourceFile | Fault]:
    """The wanted files; each has to be read before the next is asked for."""
    stream = expanded(name, raw)
    last = "its beginning"
    try:
        for path, member in _entries(stream):
            if member and wanted(path, suffixes):
                last = path
                yield SourceFile(f"{name}/{path}", f"{shown}: {path}", BufferedReader(member))
    except Damage as damage:
        yield Fault("", f"{damage}; files after {last} are lost")


def _entries(stream: BufferedReader) -> Iterator[tuple[str, _Member | None]]:
    """Names and contents; None for what is no file."""
    extended: dict[str, str] = {}
    while any(block := _exactly(stream, _BLOCK)):
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "backslashreplace")
        except tarfile.HeaderError as error:
            raise Damage(f"the archive is damaged ({error})") from None
        size = _number(extended["size"]) if "size" in extended else info.size
        if size < 0:
            raise Damage("the archive is damaged (a negative length)")
        if info.type in _HEADERS:
            content = _exactly(stream, min(info.size, MIB))
            _skip(stream, info.size - len(content) + -info.size % _BLOCK)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                extended["path"] = content.rstrip(b"\0").decode("utf-8", "backslashreplace")
            elif info.type == tarfile.XHDTYPE:
                extended |= _pax(content)
            continue
        member = _Member(stream, 0 if info.type in _NO_DATA else size)
        yield extended.get("path", info.name).removeprefix("./"), member if info.type in _FILES else None
        member.leave()
        extended = {}


def _pax(content: bytes) -> dict[str, str]:
    """Records of the form `length key=value`, a line each."""
    found = {}
    begin = 0
    while (blank := content.find(b" ", begin, begin + _DIGITS + 1)) > begin:
        end = begin + _number(content[begin:blank].decode("ascii", "replace"))
        if not blank < end <= len(content):
            raise Damage("the archive is damaged (a header of another length)")
        key, _, value = content[blank + 1 : end - 1].decode("utf-8", "backslashreplace").partition("=")
        found[key] = value
        begin = end
    if content[begin:].strip(b"\0"):
        raise Damage("the archive is damaged (a header without a length)")
    return found


def _number(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        raise Damage("the archive is damaged (a length that is no number)")
    return int(digits)


def _exactly(stream: BufferedReader, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = stream.read1(size - len(parts))
        if not part:
            raise Damage("the archive is cut off")
        parts += part
    return parts


def _skip(stream: BufferedReader, size: int) -> None:
    while size > 0:
        size -= len(_exactly(stream, min(size, MIB)))
