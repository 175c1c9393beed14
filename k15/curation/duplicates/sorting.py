"""Sorting more records than fit into memory: sorted runs on disk, merged block by block.

Guarantees: whatever the number of records and however many share a key, no more than about `RECORDS` of them are in
memory at once. Equal records come out in the order in which they went in, as far as one block goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Records = npt.NDArray[np.uint64]
"""[records, fields]"""

RECORDS = 1 << 18


class SortedFile:
    """Records of `fields` 64-bit numbers, sorted by the first `keys` of them."""

    def __init__(self, path: Path, fields: int, keys: int, records: int = RECORDS) -> None:
        self._path, self._fields, self._keys, self._records = path, fields, keys, records
        self._pending: list[Records] = []
        self._count = 0
        self._ends: list[int] = []
        path.write_bytes(b"")

    def add(self, records: Records) -> None:
        """Takes them in, in any order."""
        while len(records):
            room = self._records - self._count
            self._pending.append(records[:room])
            self._count += len(self._pending[-1])
            records = records[room:]
            if self._count == self._records:
                self._flush()

    def _flush(self) -> None:
        if not self._count:
            return
        run = self._ordered(np.concatenate(self._pending))
        with self._path.open("ab") as file:
            run.tofile(file)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(run))
        self._pending, self._count = [], 0

    def _ordered(self, records: Records) -> Records:
        return records[np.lexsort([records[:, key] for key in reversed(range(self._keys))])]

    def blocks(self) -> Iterator[Records]:
        """All records in order; nothing can be added any more. The file is removed at the end."""
        self._flush()
        begins = [0, *self._ends[:-1]] if self._ends else []
        size = max(self._records // max(len(begins), 1), 1)
        runs = [_Run(self._path, begin, end, size, self._fields) for begin, end in zip(begins, self._ends, strict=True)]
        while runs := [run for run in runs if run.fill()]:
            # What is not above the smallest of the blocks' last records can't be followed by anything smaller.
            bound = min((run.last(self._keys) for run in runs if not run.whole), default=None)
            yield self._ordered(np.concatenate([run.take(bound, self._keys) for run in runs]))
        self._path.unlink()


class _Run:
    """One sorted stretch of the file, of which a block is in memory."""

    def __init__(self, path: Path, begin: int, end: int, size: int, fields: int) -> None:
        self._path, self._next, self._end, self._size, self._fields = path, begin, end, size, fields
        self._block: Records = np.empty((0, fields), np.uint64)

    @property
    def whole(self) -> bool:
        """Whether nothing of the run is left on disk."""
        return self._next == self._end

    def fill(self) -> bool:
        """Reads the next block where the last is used up; whether there is anything left."""
        if not len(self._block) and not self.whole:
            count = min(self._size, self._end - self._next)
            with self._path.open("rb") as file:
                file.seek(self._next * self._fields * 8)
                flat = np.fromfile(file, np.uint64, count * self._fields)
            self._block = flat.reshape(count, self._fields)
            self._next += count
        return len(self._block) > 0

    def last(self, keys: int) -> tuple[int, ...]:
        return tuple(self._block[-1, :keys].tolist())

    def take(self, bound: tuple[int, ...] | None, keys: int) -> Records:
        """The records up to `bound`, or all."""
        count = len(self._block) if bound is None else self._up_to(bound, keys)
        taken, self._block = self._block[:count], self._block[count:]
        return taken

    def _up_to(self, bound: tuple[int, ...], keys: int) -> int:
        low, high = 0, len(self._block)
        for key in range(keys):  # the stretch that equals the bound in all keys so far
            column = self._block[low:high, key]
            value = np.uint64(bound[key])
            begin, end = np.searchsorted(column, value, "left"), np.searchsorted(column, value, "right")
            low, high = low + int(begin), low + int(end)
        return high
