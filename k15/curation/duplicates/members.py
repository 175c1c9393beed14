"""The table of duplicates: of every cluster all but the kept one, with what they have in common with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from k15.curation.duplicates.clusters import Clusters
from k15.curation.duplicates.embeddings import Vectors
from k15.curation.duplicates.shingles import Shingles
from k15.curation.duplicates.signed import Flags, Numbers, SignedTexts, mapped

Kind = Literal["exact", "near", "embedding"]
SCHEMA = pa.schema(
    {"id": pa.string(), "cluster": pa.string(), "kind": pa.string(), "similarity": pa.float64(), "across": pa.bool_()}
)
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Similarities:
    """How alike two documents of a cluster are, by the kind of the edge that led there."""

    same: Clusters
    shingles: Shingles
    vectors: Vectors | None

    def of(self, kinds: npt.NDArray[np.str_], numbers: Numbers, kept: Numbers, work: Path) -> npt.NDArray[np.float64]:
        result = np.ones(len(numbers))
        if (near := kinds == "near").any():
            ends = self.same.roots_of(np.concatenate([numbers[near], kept[near]]))
            wanted = mapped(work / "kept", len(self.same), np.bool_)
            wanted[ends] = True
            self.shingles.hold(wanted)
            result[near] = self.shingles.similarities(*ends.reshape(2, -1))
        if self.vectors is not None and (alike := kinds == "embedding").any():
            result[alike] = self.vectors.cosines(numbers[alike], kept[alike])
        return result


def duplicates(
    units: SignedTexts, near: Clusters, clusters: Clusters, similarities: Similarities, work: Path
) -> pa.Table:
    """`near` are the clusters without embeddings."""
    batches = [
        pa.table(
            {"number": numbers, "root": clusters.roots_of(numbers)} | dict(zip(batch.schema.names, batch, strict=True))
        )
        for numbers, batch in units.read(["id", "source", "digest"], _clustered(clusters, work))
    ]
    if not batches:
        return SCHEMA.empty_table()
    table = pa.concat_tables(batches).sort_by([("root", "ascending"), ("id", "ascending")]).combine_chunks()
    numbers, roots = table["number"].to_numpy(), table["root"].to_numpy()
    kept = np.searchsorted(roots, roots)
    kinds = _kinds(table, near.roots_of(numbers), kept)
    source = table["source"].to_numpy()
    columns = {
        "id": table["id"],
        "cluster": table["id"].take(kept),
        "kind": kinds,
        "similarity": similarities.of(kinds, numbers, numbers[kept], work),
        "across": source != source[kept],
    }
    dropped = pa.array(kept != np.arange(len(kept)))
    return pa.table(columns, SCHEMA).filter(dropped).sort_by("id")


def _clustered(clusters: Clusters, work: Path) -> Flags:
    flags = mapped(work / "clustered", len(clusters), np.bool_)
    for begin in range(0, len(clusters), _BLOCK):
        numbers = np.arange(begin, min(begin + _BLOCK, len(clusters)))
        roots = clusters.roots_of(numbers)
        flags[numbers[roots != numbers]] = True
        flags[roots[roots != numbers]] = True
    return flags


def _kinds(table: pa.Table, near: Numbers, kept: Numbers) -> npt.NDArray[np.str_]:
    digests = table["digest"].to_numpy()
    return np.where(digests == digests[kept], "exact", np.where(near == near[kept], "near", "embedding"))
