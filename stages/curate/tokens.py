"""The tokenizer, and the kept texts as tokens: a file of numbers a partition, and a table of whose they are.

Guarantees: the tokenizer depends on the training texts alone, up to `tokenizer.sample_mib` of them in the order of
partitions; memory holds some thousand texts, and of the whole corpus the lengths only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.artifacts.digests import file_digest
from k15.curation.packing import Tokens
from k15.curation.pieces import Piece
from k15.tokenizer import END_OF_TEXT, Tokenizer
from stages.curate import decided
from stages.curate.params import TokenizerParams
from stages.curate.work import Work

_BATCH = 2000
_OWNERS = ("id", "domain", "split", "source", "meta")


def tokenizer(work: Work, files: Sequence[Path], others: Sequence[str], params: TokenizerParams, root: Path) -> Path:
    """A directory with the tokenizer: the one that params name, or one trained on the training texts and `others`."""
    if params.reuse is not None:
        return Tokenizer.adopt(root / params.reuse, work.place("tokenizer", params.model_dump(), params.reuse))
    place = work.place("tokenizer", [str(file) for file in files], params.model_dump(), list(others))
    piece = Piece(place / "tokenizer.json", partial(_train, files=files, others=others, params=params))
    work.complete("tokenizer", [piece])
    return place


def _train(path: Path, files: Sequence[Path], others: Sequence[str], params: TokenizerParams) -> None:
    def texts() -> Iterator[str]:
        left = params.sample_mib << 20
        for file in files:
            for rows in decided.kept(file, ("text", "split")):
                for text in rows.filter(pc.equal(rows["split"], "train"))["text"].to_pylist():
                    left -= len(text.encode())
                    if left < 0:
                        return
                    yield text
        yield from others

    Tokenizer.train(texts(), params.vocab_size).bpe.save(str(path))


@dataclass(frozen=True)
class Encoded:
    """The tokens of a partition's kept texts, one after the other, each with the end-of-text token."""

    table: Path

    @property
    def ids(self) -> Path:
        return self.table.with_suffix(".ids")

    def owners(self, columns: Sequence[str]) -> pa.Table:
        return pq.read_table(self.table, columns=list(columns))


def encode(work: Work, files: Sequence[Path], tokenizer_dir: Path) -> list[Encoded]:
    place = work.place("tokens", file_digest(tokenizer_dir / "tokenizer.json"), [str(file) for file in files])
    pieces = [
        Piece(place / file.name, partial(_encode, decided_file=file, tokenizer_dir=tokenizer_dir, place=place))
        for file in files
    ]
    return [Encoded(path) for path in work.complete("tokenize", pieces)]


def _encode(path: Path, decided_file: Path, tokenizer_dir: Path, place: Path) -> None:
    bpe = Tokenizer.load(tokenizer_dir)
    found: list[pa.Table] = []
    unfinished = path.with_suffix(".ids")
    with unfinished.open("wb") as out:
        for rows in decided.kept(decided_file, [*_OWNERS, "text"]):
            for start in range(0, rows.num_rows, _BATCH):
                part = rows.slice(start, _BATCH)
                ids = [np.array([*one, END_OF_TEXT], np.int32) for one in bpe.encode_batch(part["text"].to_pylist())]
                for one in ids:
                    out.write(one.tobytes())
                counts = pa.array([len(one) for one in ids], pa.int32())
                size = pc.binary_length(part["text"])
                found.append(part.drop_columns(["text"]).append_column("tokens", counts).append_column("bytes", size))
    unfinished.replace(place / decided_file.with_suffix(".ids").name)  # before the table, which says that both are there
    schema = pq.read_schema(decided_file)
    empty = pa.table({name: pa.array([], schema.field(name).type) for name in _OWNERS} | {name: pa.array([], pa.int32()) for name in ("tokens", "bytes")})
    pq.write_table(pa.concat_tables(found) if found else empty, path, compression="zstd")


def joined(work: Work, encoded: Sequence[Encoded]) -> Tokens:
    """The tokens of all partitions as one array, which lies on the disk."""
    place = work.place("joined", [str(one.table) for one in encoded])
    (path,) = work.complete("join", [Piece(place / "all.ids", partial(_join, encoded=encoded))])
    return np.memmap(path, np.int32, "r") if path.stat().st_size else np.zeros(0, np.int32)


def _join(path: Path, encoded: Sequence[Encoded]) -> None:
    with path.open("wb") as out:
        for one in encoded:
            with one.ids.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)


def owners(self, columns: Sequence[str]) -> pa.Table:
        return pq.read_table(self.table, columns=list(columns))


def encode(work: Work, files: Sequence[Path], tokenizer_dir: Path) -> list[Encoded]:
    place = work.place("tokens", file_digest(tokenizer_dir / "tokenizer.json"), [str(file) for file in files])
    pieces = [
        Piece(place / file.name, partial(_encode, decided_file=file, tokenizer_dir=tokenizer_dir, place=place))
        for file in files
    ]
    return [Encoded(path) for path in work.complete("tokenize", pieces)]


def _encode(path: Path, decided_file: Path, tokenizer_dir: Path, place: Path) -> None:
    bpe = Tokenizer.load(tokenizer_dir)
    found: list[pa.Table] = []
    unfinished = path.with_suffix(".ids")
    with unfinished.open("wb") as out:
        for rows in decided.kept(decided_file, [*_OWNERS, "text"]):
            for start in range(0, rows.num_rows, _BATCH):
                part = rows.slice(start, _BATCH)
                ids = [np.array([*one, END_OF_TEXT], np.int32) for one in bpe.encode_batch(part["text"].to_pylist())]
                for one in ids:
                    out.write(one.tobytes())
                counts = pa.array([len(one) for one in ids], pa.int32())
                size = pc.binary_length(part["text"])
                found.append(part.drop_columns(["text"]).append_column("tokens", counts).append_column("bytes", size))
    unfinished.replace(place / decided_file.with_suffix(".ids").name)  # before the table, which says that both are there
    schema = pq.read_schema(decided_file)
    empty = pa.table({name: pa.array([], schema.field(name).type) for name in _OWNERS} | {name: pa.array([], pa.int32()) for name in ("tokens", "bytes")})
    pq.write_table(pa.concat_tables(found) if found else empty, path, compression="zstd")


class Corpus:
    """All tokens as one long array on the disk, read where they are needed."""

    def __init__(self, encoded: Sequence[Encoded]) -> None:
        self.files = [np.memmap(one.ids, np.int32, "r") if one.ids.stat().st_size else np.zeros(0, np.int32) for one in encoded]
        self.starts = np.concatenate([[0], np.cumsum([len(file) for file in self.files])])

    def read(self, offset: int, length: int) -> Tokens:
        """`length` tokens from `offset` on, of one text."""
        number = int(np.searchsorted(self.starts, offset, side="right")) - 1
        begin = offset - int(self.starts[number])
        return np.asarray(self.files[number][begin : begin + length])


def owners(encoded: Sequence[Encoded], columns: Sequence[str]) -> dict[str, Any]:
    """Columns over all partitions, and `offset`, where each text's tokens begin."""
    tables = [one.owners([*columns, "tokens"]) for one in encoded]
    table = pa.concat_tables(tables)
    lengths: npt.NDArray[np.int64] = table["tokens"].to_numpy().astype(np.int64)
    return {name: table[name] for name in columns} | {"tokens": lengths, "offset": np.cumsum(lengths) - lengths}
