"""gzip and zstandard streams that say where they stop being readable.

Guarantees: everything before a damage is delivered, then `Damage` is raised; a cut-off stream is a damage; a small
input that expands without end is one too. Memory does not depend on what an input expands to. Not guaranteed: gzip
has one checksum a member, at its end, so that a damage can go unnoticed for a while and turn into wrong text.
"""

from __future__ import annotations

import io
import zlib
from abc import abstractmethod
from io import BufferedReader
from typing import Any

import zstandard

from k15.curation.sources.records import MAX_DOCUMENT, MIB, Damage, too_large

MAX_EXPANSION = 250
"""How often its own size an input may expand to: text does not compress that well, bombs do."""
HARMLESS = 256 * MIB
_READ = 64 << 10
_ZSTD_FEED = 1 << 10  # four bytes may become 128 KiB, and all of a feed's output is held at once
_WINDOW = 1 << 27
_BUFFER = MIB


class _Expanding(io.RawIOBase):
    """Reads `raw` through a codec."""

    _MAGIC: bytes

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw
        self._input = b""
        self._output = memoryview(b"")
        self._read, self._written = 0, 0
        self._damage: str | None = None
        self._ended = False
        self._engine: Any = None  # of the member or frame that is being read
        self._begun = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._output and not self._ended:
            if self._damage:
                raise Damage(self._damage)
            self._output = memoryview(self._step())
            self._written += len(self._output)
            if self._written > max(HARMLESS, MAX_EXPANSION * self._read):
                self._damage = f"it expands to more than {MAX_EXPANSION} times its size; a bomb"
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def _fill(self, size: int = _READ) -> bool:
        """There is input, or a damage, or the end."""
        if not self._input:
            try:
                self._input = self._raw.read(size)
            except Damage as damage:
                self._damage = str(damage)
            self._read += len(self._input)
        return bool(self._input)

    @abstractmethod
    def _step(self) -> bytes:
        """Some more of what was packed; nothing at the end, or at a damage."""

    def resume(self) -> bool:
        """After a damage: go to what looks like the next member or frame, if there is one."""
        self._damage, self._engine = None, None
        self._input = self._input[1:]
        while (found := self._input.find(self._MAGIC)) < 0:
            rest = self._input[-len(self._MAGIC) + 1 :]
            self._input = b""
            if not self._fill():
                return False
            self._input = rest + self._input
        self._input = self._input[found:]
        return True


class Gzip(_Expanding):
    """All members of a gzip stream."""

    _MAGIC = b"\x1f\x8b\x08"

    def _step(self) -> bytes:
        if self._engine is None:
            return self._begin()
        if not self._fill():
            self._damage = self._damage or "the gzip data is cut off"
            return b""
        before = self._engine.copy()
        try:
            output: bytes = self._engine.decompress(self._input, 4 * _READ)
        except zlib.error as error:
            self._damage = f"the gzip data is damaged ({' '.join(str(error).split())})"
            return _salvage(before, self._input)
        self._input = self._engine.unconsumed_tail
        if self._engine.eof:
            self._input, self._engine = self._engine.unused_data, None
        return output

    def _begin(self) -> bytes:
        filled = self._fill()
        if self._begun:
            self._input = self._input.lstrip(b"\0")  # as tapes are padded
        if not filled:
            self._ended = self._damage is None and self._begun > 0
            self._damage = self._damage or (None if self._ended else "the gzip file is empty")
        elif len(self._input) == 1 and (more := self._raw.read(_READ)):
            self._input += more
            self._read += len(more)
        elif self._input and not self._input.startswith(self._MAGIC[:2]):
            self._damage = "what follows the gzip data is not gzip" if self._begun else "not gzip data"
        elif self._input:
            self._engine = zlib.decompressobj(31)
            self._begun += 1
        return b""


def _salvage(engine: Any, data: bytes) -> bytes:
    """What comes before the damage in `data`."""
    parts = []
    try:
        for i in range(len(data)):
            parts.append(engine.decompress(data[i : i + 1]))
    except zlib.error:
        pass
    return b"".join(parts)


class Zstandard(_Expanding):
    """All frames of a zstandard stream."""

    _MAGIC = b"\x28\xb5\x2f\xfd"

    def __init__(self, raw: BufferedReader) -> None:
        super().__init__(raw)
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)

    def _step(self) -> bytes:
        if not self._fill(_ZSTD_FEED):
            self._ended = self._damage is None and self._engine is None and self._begun > 0
            self._damage = self._damage or (None if self._ended else "the zstandard data is cut off")
            return b""
        if self._engine is None:
            self._engine = self._decompressor.decompressobj()
            self._begun += 1
        try:
            output: bytes = self._engine.decompress(self._input[:_ZSTD_FEED])
        except zstandard.ZstdError as error:
            self._damage = f"the zstandard data is damaged ({error})"
            return b""
        self._input = self._input[_ZSTD_FEED:]
        if self._engine.eof:
            self._input, self._engine = self._engine.unused_data + self._input, None
        return output


_CODECS: dict[str, type[_Expanding]] = {".gz": Gzip, ".tgz": Gzip, ".zst": Zstandard}


def codec(name: str, raw: BufferedReader) -> _Expanding | None:
    """What undoes the compression that the name says `raw` has."""
    found = _CODECS.get(f".{name.lower().rpartition('.')[2]}")
    return found(raw) if found else None


def expanded(name: str, raw: BufferedReader) -> BufferedReader:
    """`raw` without that compression."""
    undo = codec(name, raw)
    return BufferedReader(undo, _BUFFER) if undo else raw


def sniffed(raw: BufferedReader) -> _Expanding | BufferedReader:
    """`raw` without the compression that its first bytes say it has."""
    begin = raw.peek(4)
    found = next((undo for undo in (Gzip, Zstandard) if begin.startswith(undo._MAGIC)), None)
    return found(raw) if found else raw


def without_codec(name: str) -> str:
    """The name that the content has once it is expanded."""
    for suffix in (".gz", ".zst"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def read_whole(stream: BufferedReader) -> tuple[bytes, str | None]:
    """At most `MAX_DOCUMENT` bytes of `stream`, and why they are not all."""
    parts, size = [], 0
    try:
        while size <= MAX_DOCUMENT and (part := stream.read1(_BUFFER)):
            parts.append(part)
            size += len(part)
    except Damage as damage:
        return b"".join(parts), str(damage)
    return b"".join(parts), too_large("file") if size > MAX_DOCUMENT else None
