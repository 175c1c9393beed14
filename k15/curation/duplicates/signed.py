"""The signed units as one long table: documents are numbered through, file after file, row after row.

Numbers depend on how the corpus was cut; nothing that leaves this package does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ROWS = 1024


class SignedTexts:
    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = sorted(paths)
        counts = [pq.read_metadata(path).num_rows for path in self._paths]
        self._starts = list(accumulate(counts, initial=0))

    def __len__(self) -> int:
        """How many documents there are."""
        return self._starts[-1]

    def read(self, columns: Sequence[str], wanted: Flags | None = None) -> Iterator[tuple[Numbers, pa.RecordBatch]]:
        """The columns of all documents or of those flagged, some at a time, with their numbers."""
        for path, (begin, end) in zip(self._paths, pairwise(self._starts), strict=True):
            if wanted is not None and not wanted[begin:end].any():
                continue
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(_ROWS, columns=list(columns)):
                    numbers = np.arange(begin, begin + len(batch))
                    begin += len(batch)
                    if wanted is not None:
                        flags = wanted[numbers]
                        numbers, batch = numbers[flags], batch.filter(pa.array(flags))
                    if len(numbers):
                        yield numbers, batch


def mapped(path: Path, size: int, kind: type[np.generic]) -> np.ndarray:
    """Zeros in a file: memory that the system may take back at any time."""
    path.write_bytes(b"")
    return np.memmap(path, kind, "w+", shape=(size,)) if size else np.empty(0, kind)


def halves(digests: pa.Array) -> npt.NDArray[np.uint64]:
    """16-byte digests as two numbers each, in the same order."""
    data = np.frombuffer(digests.buffers()[1], ">u8", len(digests) * 2, digests.offset * 16)
    return data.astype(np.uint64).reshape(-1, 2)
