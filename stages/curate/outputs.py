"""The stage's datasets. Of documents: texts in the order of partitions, then pictures in that of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from threading import Event

import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import write_dataset
from k15.artifacts.manifest import Producer
from k15.curation.document import EXCERPT_CHARACTERS
from k15.curation.packing import Tokens
from k15.stage import Context
from stages.curate import decided
from stages.curate.decisions import CLUSTER
from stages.curate.mixing import Mixed
from stages.curate.pictures import Pictures
from stages.curate.quality import Worth

_AT_ONCE = 2
"""Arrow works outside of Python's lock, on one core a dataset, with a row group of each in memory."""
_SHARED = ("id", "source", "domain", "meta", "scores")


def write(
    ctx: Context,
    files: Sequence[Path],
    mixed: Mixed,
    worth: Worth,
    values: Tokens,
    pictures: Pictures,
    producer: Producer,
) -> None:
    """`mixed`, `worth` and `values`: of the kept texts, in their order."""
    datasets = {
        "tokens": ("tokens", mixed.tables(values)),
        "documents": ("document", _documents(files, mixed, worth)),
        "rejections": ("rejection", chain(_rejections(files), pictures.rejections())),
        "clusters": ("cluster", chain(_clusters(files), pictures.clusters())),
        "vision": ("vision_document", pictures.documents()),
    }
    stop = Event()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        written = [
            pool.submit(write_dataset, ctx.artifact(f"curate/{name}"), schema, _until(stop, rows), producer=producer)
            for name, (schema, rows) in datasets.items()
        ]
        try:
            for one in written:
                one.result()
        except BaseException:  # a full disk or Ctrl-C: what is half written is given up
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _until(stop: Event, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        if stop.is_set():
            raise CancelledError
        yield table


def _documents(files: Sequence[Path], mixed: Mixed, worth: Worth) -> Iterator[pa.Table]:
    told = {"judge": worth.judged, "quality": worth.combined, "factor": worth.factors}
    told |= {str(stage): times for stage, times in mixed.read.items()}
    start = 0
    for file in files:
        for rows in decided.kept(file, [*_SHARED, "text", "split"]):
            own = slice(start, start := start + rows.num_rows)
            reading = decided.named({name: values[own] for name, values in told.items()})
            tokens, weights = pa.array(mixed.lengths[own], pa.int32()), pa.array(mixed.weights(own), pa.float32())
            columns = {"tokens": tokens, "weight": weights, "reading": reading}
            yield pa.table({**{name: rows[name] for name in rows.column_names}, **columns})


def _rejections(files: Sequence[Path]) -> Iterator[pa.Table]:
    for file in files:
        for rows in decided.dropped(file, [*_SHARED, "text", "filter", "reason", "value"]):
            excerpts = pc.utf8_slice_codeunits(rows["text"], 0, EXCERPT_CHARACTERS)
            yield rows.drop_columns(["text"]).append_column("excerpt", excerpts)


def _clusters(files: Sequence[Path]) -> Iterator[pa.Table]:
    for file in files:
        for rows in decided.dropped(file, ["id", *CLUSTER]):
            yield rows.filter(pc.is_valid(rows["cluster"]))
