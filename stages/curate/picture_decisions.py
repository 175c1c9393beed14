"""What becomes of every picture: a table of verdicts, row by row as the parts have them.

Guarantees: a picture's first reason counts, in this order: unreadable, empty (pictures without a text teach nothing),
contaminated by an evaluation set, another one has its id, an exact repeat (the same text and the same pictures), one
synthetic caption too many (App. B). Of repeats a source's stays before a generated one, then the smallest id. Memory
holds an id and some numbers of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from k15.curation.captions import limit_synthetic
from k15.curation.filters import EMPTY
from k15.curation.mixture import split_of
from k15.curation.pieces import Piece
from k15.curation.sources import GENERATED
from stages.curate.params import CurateParams
from stages.curate.work import Beside, Work, names

Rows = npt.NDArray[np.int64]

VERDICTS = pa.schema(
    [
        pa.field("split", pa.string()),
        pa.field("filter", pa.string()),  # null: kept
        pa.field("reason", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("cluster", pa.string()),  # the id of the one that it repeats
        pa.field("across", pa.bool_()),
    ]
)
_KNOWN = ("id", "kind", "source", "broken", "characters", "digest")
_COMPARED = ("contaminated", "contaminated_by")


def decide(work: Work, found: Sequence[Beside], params: CurateParams) -> Path:
    """The file of verdicts on the pictures of the parts."""
    on = params.model_dump(include={"synthetic_captions", "validation_fraction", "seed"})
    place = work.place("picture-verdicts", [names((part, *others)) for part, others in found], on)
    piece = Piece(place / "verdicts.parquet", partial(write_verdicts, found=found, params=params))
    return work.complete("pictures", [piece])[0]


def write_verdicts(path: Path, found: Sequence[Beside], params: CurateParams) -> None:
    draft = _Draft([_known(part, others) for part, others in found])
    draft.drop_by_themselves()
    draft.drop_repeats()
    draft.drop_surplus(params)
    draft.split(params)
    pq.write_table(draft.table(), path, compression="zstd")


def _known(part: Path, others: Sequence[Path]) -> pa.Table:
    """Of a part. What was compared with no evaluation set is contaminated by none."""
    rows = pq.read_table(part, columns=list(_KNOWN))
    nothing = pa.table([pa.nulls(rows.num_rows, pa.float64()), pa.nulls(rows.num_rows, pa.string())], list(_COMPARED))
    compared = pq.read_table(others[0], columns=list(_COMPARED)) if others else nothing
    return pa.table({name: table[name] for table in (rows, compared) for name in table.column_names})


class _Draft:
    """The verdicts as they come to be."""

    def __init__(self, parts: Sequence[pa.Table]) -> None:
        self.known: dict[str, npt.NDArray[Any]] = {
            name: np.concatenate([table[name].to_numpy() for table in parts] or [np.empty(0, object)])
            for name in (*_KNOWN, *_COMPARED)
        }
        self.size = len(self.known["id"])
        self.generated = self.known["source"] == GENERATED
        self.passing = np.ones(self.size, np.bool_)
        self.columns = {name: np.full(self.size, None, object) for name in VERDICTS.names}

    def table(self) -> pa.Table:
        return pa.table([pa.array(self.columns[field.name], field.type) for field in VERDICTS], VERDICTS)

    def drop(self, rows: Rows, name: str, **values: Any) -> None:
        self.passing[rows] = False
        for column, value in {"filter": name, **values}.items():
            self.columns[column][rows] = value

    def drop_by_themselves(self) -> None:
        broken, by = self.known["broken"], self.known["contaminated_by"]
        rows = np.flatnonzero(_stated(broken))
        self.drop(rows, "unreadable", reason=broken[rows])
        rows = np.flatnonzero(self.passing & (self.known["characters"] == 0))
        self.drop(rows, EMPTY, reason="no text beside its pictures", value=0.0)
        rows = np.flatnonzero(self.passing & _stated(by))
        self.drop(rows, "contaminated", reason="holds " + by[rows], value=self.known["contaminated"][rows])

    def drop_repeats(self) -> None:
        ids, digests, sources = (self.known[name] for name in ("id", "digest", "source"))
        rows = np.flatnonzero(self.passing)
        rows = rows[np.lexsort([digests[rows], ids[rows], self.generated[rows]])]
        first = _first_of_its_like(ids[rows])
        self.drop(rows[first != np.arange(len(rows))], "duplicate_id", reason="another picture has the same id")
        rows = rows[first == np.arange(len(rows))]
        first = _first_of_its_like(digests[rows])
        again = np.flatnonzero(first != np.arange(len(rows)))
        rows, kept = rows[again], rows[first[again]]
        about = {"value": 1.0, "cluster": ids[kept], "across": sources[rows] != sources[kept]}
        self.drop(rows, "exact_duplicate", reason="same text and pictures as " + ids[kept], **about)

    def drop_surplus(self, params: CurateParams) -> None:
        rows = np.flatnonzero(self.passing & (self.known["kind"] == "caption"))
        share = params.synthetic_captions
        stay = limit_synthetic(self.known["id"][rows].tolist(), self.generated[rows].tolist(), share, params.seed)
        self.drop(rows[~np.array(stay, np.bool_)], "synthetic_captions", reason=f"above {share:g} of the captions")

    def split(self, params: CurateParams) -> None:
        self.columns["split"][:] = [split_of(one, params.validation_fraction, params.seed) for one in self.known["id"]]


def _stated(values: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    stated: npt.NDArray[np.bool_] = pa.array(values, pa.string()).is_valid().to_numpy(zero_copy_only=False)
    return stated


def _first_of_its_like(values: npt.NDArray[np.object_]) -> Rows:
    """For each row the first that has the same value."""
    like: Rows = pa.array(values).dictionary_encode().indices.to_numpy()  # numbered as they appear
    _, first = np.unique(like, return_index=True)
    return first[like]
