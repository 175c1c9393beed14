"""The stage's artifacts about documents: texts in the order of partitions, then pictures in that of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import write_dataset
from k15.artifacts.manifest import Producer
from k15.curation.document import EXCERPT_CHARACTERS
from k15.stage import Context
from stages.curate import decided
from stages.curate.decisions import CLUSTER
from stages.curate.pictures import Pictures

_SHARED = ("id", "source", "domain", "meta", "scores")


def write(
    ctx: Context, files: Sequence[Path], tokens: pa.Array, weights: pa.Array, pictures: Pictures, producer: Producer
) -> None:
    """`tokens` and `weights`: of the kept texts, in their order."""
    artifacts = {
        "documents": ("document", _documents(files, tokens, weights)),
        "rejections": ("rejection", chain(_rejections(files), pictures.rejections())),
        "clusters": ("cluster", chain(_clusters(files), pictures.clusters())),
        "vision": ("vision_document", pictures.documents()),
    }
    for name, (schema, rows) in artifacts.items():
        write_dataset(ctx.artifact(f"curate/{name}"), schema, rows, producer=producer)


def _documents(files: Sequence[Path], tokens: pa.Array, weights: pa.Array) -> Iterator[pa.Table]:
    start = 0
    for file in files:
        for rows in decided.kept(file, [*_SHARED, "text", "split"]):
            own = slice(start, start := start + rows.num_rows)
            yield rows.append_column("tokens", tokens[own]).append_column("weight", weights[own])


def _rejections(files: Sequence[Path]) -> Iterator[pa.Table]:
    for file in files:
        for rows in decided.dropped(file, [*_SHARED, "text", "filter", "reason", "value"]):
            excerpts = pc.utf8_slice_codeunits(rows["text"], 0, EXCERPT_CHARACTERS)
            yield rows.drop_columns(["text"]).append_column("excerpt", excerpts)


def _clusters(files: Sequence[Path]) -> Iterator[pa.Table]:
    for file in files:
        for rows in decided.dropped(file, ["id", *CLUSTER]):
            yield rows.filter(pc.is_valid(rows["cluster"]))
