"""The tokenizer, and the kept texts as tokens: a file of numbers a partition, and a table of whose they are.

Guarantees: the tokenizer depends on the training texts alone: of documents as of vision documents at most
`tokenizer.sample_mib`, and documents come in the order of hashed ids, so each source has its share of their sample, as
each part of the vision documents has; memory holds some thousand texts, and some numbers of each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.artifacts.digests import file_digest
from k15.curation.mixture import order_of
from k15.curation.packing import Tokens
from k15.curation.pieces import Piece
from k15.tokenizer import END_OF_TEXT, Tokenizer
from stages.curate import decided
from stages.curate.params import TokenizerParams
from stages.curate.pictures import Pictures, first
from stages.curate.work import Work, names

_BATCH_BYTES = 1 << 18
"""Of texts that are encoded at once: their tokens take a hundred times as much while they are."""
_OF_TEXT = ("id", "domain", "split", "source", "programming_language", "rules_score", "classifier_score")
_NAMES = ("domain", "split", "source", "programming_language")
_OWNERS = (*_NAMES, "rules_score", "classifier_score", "order")


def tokenizer(work: Work, files: Sequence[Path], vision: Pictures, params: TokenizerParams, root: Path) -> Path:
    """A directory with the tokenizer: the one that params name, or one trained on the training texts, those of vision
    documents among them."""
    if params.reuse is not None:
        adopted = Tokenizer.adopt(root / params.reuse)
        place = work.place("tokenizer", file_digest(root / params.reuse / "tokenizer.json"))
        adopted.bpe.save(str(place / "tokenizer.json"))
        return place
    place = work.place("tokenizer", names(files), params.model_dump(), names([*vision.parts, vision.verdicts]))
    train = partial(_train, files=files, vision=vision, params=params)
    work.complete("tokenizer", [Piece(place / "tokenizer.json", train)])
    return place


def _train(path: Path, files: Sequence[Path], vision: Pictures, params: TokenizerParams) -> None:
    most = params.sample_mib << 20
    texts = chain(first(_training_texts(files), most), vision.texts(most))
    Tokenizer.train(texts, params.vocab_size).bpe.save(str(path))


def _training_texts(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        for rows in decided.kept(file, ("text", "split")):
            yield from rows.filter(pc.equal(rows["split"], "train"))["text"].to_pylist()


@dataclass(frozen=True)
class Encoded:
    """The tokens of a partition's kept texts, one after the other, each with the end-of-text token."""

    table: Path

    @property
    def ids(self) -> Path:
        return self.table.with_suffix(".ids")


def encode(work: Work, files: Sequence[Path], tokenizer_dir: Path, seed: int) -> list[Encoded]:
    place = work.place("tokens", file_digest(tokenizer_dir / "tokenizer.json"), names(files), seed)
    encode_them = partial(_encode, tokenizer_dir=tokenizer_dir, place=place, seed=seed)
    pieces = [Piece(place / file.name, partial(encode_them, file=file)) for file in files]
    return [Encoded(path) for path in work.complete("tokenize", pieces)]


def _encode(path: Path, file: Path, tokenizer_dir: Path, place: Path, seed: int) -> None:
    bpe = _tokenizer(tokenizer_dir)
    unfinished = path.with_name(f".ids{path.name}")  # `pieces` removes it where a killed process left it
    found = [_owners(decided.empty(file), [], seed)]
    with unfinished.open("wb") as out:
        for rows in decided.kept(file, [*_OF_TEXT, "text"]):
            for part in _batches(rows):
                ids = [np.array([*one, END_OF_TEXT], np.int32) for one in bpe.encode_batch(part["text"].to_pylist())]
                out.writelines(one.tobytes() for one in ids)
                found.append(_owners(part, [len(one) for one in ids], seed))
    unfinished.replace((place / file.name).with_suffix(".ids"))  # before the table, which says that both are there
    pq.write_table(pa.concat_tables(found), path, compression="zstd")


@cache
def _tokenizer(directory: Path) -> Tokenizer:
    """One a worker: each that is loaded leaves some MiB behind."""
    return Tokenizer.load(directory)


def _batches(rows: pa.Table) -> Iterator[pa.Table]:
    ends = np.cumsum(pc.binary_length(rows["text"]).to_numpy().astype(np.int64))
    begin = 0
    while begin < len(ends):
        before = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + _BATCH_BYTES, "right")))
        yield rows.slice(begin, end - begin)
        begin = end


def _owners(rows: pa.Table, tokens: Sequence[int], seed: int) -> pa.Table:
    columns = {name: rows[name] for name in _OF_TEXT}
    orders = [order_of(name, seed) for name in rows["id"].to_pylist()]
    sizes = {"tokens": pa.array(tokens, pa.int32()), "bytes": pc.binary_length(rows["text"])}
    return pa.table(columns | {"order": pa.array(orders, pa.uint64())} | sizes)


def joined(work: Work, encoded: Sequence[Encoded]) -> Tokens:
    """The tokens of all partitions as one array, which lies on the disk."""
    place = work.place("joined", names([one.table for one in encoded]))
    (path,) = work.complete("join", [Piece(place / "all.ids", partial(_join, encoded=encoded))])
    return np.memmap(path, np.int32, "r") if path.stat().st_size else np.zeros(0, np.int32)


def _join(path: Path, encoded: Sequence[Encoded]) -> None:
    with path.open("wb") as out:
        for one in encoded:
            with one.ids.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)


def owners(encoded: Sequence[Encoded]) -> dict[str, Any]:
    """What is known of the texts of all partitions beside their `tokens`, and `offset`, where these begin."""
    # Each of the few names once.
    of_text = {"columns": [*_OWNERS, "tokens"], "read_dictionary": list(_NAMES)}
    table = pa.concat_tables([pq.read_table(one.table, **of_text) for one in encoded]).unify_dictionaries()
    lengths: npt.NDArray[np.int64] = table["tokens"].to_numpy().astype(np.int64)
    return {name: table[name] for name in _OWNERS} | {"tokens": lengths, "offset": np.cumsum(lengths) - lengths}


def document_ids(encoded: Sequence[Encoded]) -> pa.ChunkedArray:
    """Of the owners, in their order."""
    return pa.concat_tables([pq.read_table(one.table, columns=["id"]) for one in encoded])["id"]
