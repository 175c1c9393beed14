"""From columns to decisions: what is dropped, for which reason, and what is left.

Guarantees: a text's first reason counts, in this order: unreadable, empty, the rules of its domain in the order of
params.yaml, contaminated by an evaluation set, another text of the same id (`doubles`), exact duplicate, near
duplicate. Only what passes all others is compared for duplicates, so that a good text is never dropped in favour of one
that is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation import parts
from k15.curation.duplicates.find import find
from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.filters import Filters, judge
from k15.curation.measures import MEASURES
from k15.curation.pieces import Piece
from stages.curate.work import Beside, Work, names

VERDICT = pa.schema([("filter", pa.string()), ("reason", pa.string()), ("value", pa.float64())])
_TEXT = ("id", "text", "domain", "source", "digest", "bands")
CLUSTER = ("cluster", "kind", "similarity", "across")


def judged(work: Work, found: Sequence[Beside], filters: Filters) -> list[Path]:
    """The verdict on every text of the parts, but for duplicates: a file of columns beside each."""
    wanted = [
        Piece(
            work.place(f"judged-{part.parent.name}", filters.model_dump(), names(others)) / part.name,
            partial(_judge, part=part, others=others, filters=filters),
        )
        for part, others in found
    ]
    return work.complete("rules", wanted)


def _judge(path: Path, part: Path, others: Sequence[Path], filters: Filters) -> None:
    columns = ["id", "text", "domain", "source", "broken", "contaminated", "contaminated_by", *MEASURES]
    with pq.ParquetWriter(path, VERDICT, compression="zstd") as writer:
        for rows in parts.groups(part, others, columns):
            writer.write_table(verdicts(rows, filters), row_group_size=max(1, rows.num_rows))


def verdicts(rows: pa.Table, filters: Filters) -> pa.Table:
    """One row for each of `rows`; `filter` is null where nothing speaks against the text."""
    size = rows.num_rows
    ruled = _by_row(judge(rows, filters), size)
    cases: list[tuple[Any, ...]] = [
        (pc.is_valid(rows["broken"]), "unreadable", rows["broken"], pa.nulls(size, pa.float64())),
        (pc.is_valid(ruled["filter"]), ruled["filter"], ruled["reason"], ruled["value"]),
    ]
    if "contaminated" in rows.column_names:
        by = pc.binary_join_element_wise("holds", rows["contaminated_by"], " ")
        cases.append((pc.is_valid(rows["contaminated"]), "contaminated", by, rows["contaminated"]))
    columns = {name: pa.nulls(size, VERDICT.field(name).type) for name in VERDICT.names}
    for applies, *values in reversed(cases):
        for name, value in zip(VERDICT.names, values, strict=True):
            columns[name] = pc.if_else(pc.fill_null(applies, False), value, columns[name])
    return pa.table(columns, VERDICT)


def _by_row(rejections: pa.Table, size: int) -> pa.Table:
    """`judge` names the rows that break a rule; here is one row for each, null where it breaks none."""
    rows = pa.table({"row": pa.array(range(size), rejections["row"].type)})
    return rows.join(rejections, "row").sort_by("row")


def passing(work: Work, found: Sequence[Beside]) -> list[Piece]:
    """A file of the texts of each part that nothing speaks against so far."""
    place = work.place("passed", [names((part, *others)) for part, others in found])
    return [
        Piece(place / f"{number:06d}.parquet", partial(_pass, part=part, others=others))
        for number, (part, others) in enumerate(found)
    ]


def search(work: Work, passed: Sequence[Path], params: DuplicatesParams, root: Path) -> Piece:
    """What writes the table of duplicates among what passed, sorted by key."""
    model = params.embeddings.at(root) if params.embeddings else None
    place = work.place("duplicates", params.model_dump(), model.state() if model else [], names(passed))
    placed = params.model_copy(update={"embeddings": model})
    find_them = partial(_find, passed=passed, params=placed, scratch=work.scratch("duplicates"))
    return Piece(place / "clusters", find_them, sum(path.stat().st_size for path in passed))


def _pass(path: Path, part: Path, others: Sequence[Path]) -> None:
    writer = None
    for rows in parts.groups(part, others, [*_TEXT, "filter"]):
        left = rows.filter(pc.is_null(rows["filter"])).select(list(_TEXT))
        writer = writer or pq.ParquetWriter(path, left.schema, compression="zstd", compression_level=1)
        if left.num_rows:
            writer.write_table(left)
    if writer is None:
        pq.write_table(pa.table({name: [] for name in _TEXT}), path)
    else:
        writer.close()


def _find(path: Path, passed: Sequence[Path], params: DuplicatesParams, scratch: Path) -> None:
    table = find(passed, params, scratch)
    keys = pa.array([parts.key_of(name) for name in table["id"].to_pylist()], pa.uint64())
    pq.write_table(table.append_column("key", keys).sort_by("key"), path)


def partition(found: Sequence[Beside], clusters: Path, number: int, count: int, columns: Sequence[str]) -> pa.Table:
    """The texts of a partition with `columns`, verdicts and clusters, in the order of their keys."""
    rows = parts.partition(found, number, count, [*columns, *VERDICT.names])
    first, last = (pa.scalar(key, pa.uint64()) for key in parts.keys_of_partition(number, count))
    table = pq.read_table(clusters, filters=(pc.field("key") >= first) & (pc.field("key") <= last))
    places = pc.index_in(rows["id"], value_set=table["id"].combine_chunks())
    for name in CLUSTER:
        rows = rows.append_column(name, table[name].take(places))
    repeated = pc.and_(pc.is_valid(rows["cluster"]), pc.is_null(rows["filter"]))
    told = pc.if_else(pc.equal(rows["kind"], "exact"), "same text as", "in the cluster of")
    values = {
        "filter": pc.binary_join_element_wise(rows["kind"], pa.scalar("duplicate"), "_"),
        "reason": pc.binary_join_element_wise(told, rows["cluster"], " "),
        "value": rows["similarity"],
    }
    for name, value in values.items():
        rows = rows.set_column(rows.column_names.index(name), name, pc.if_else(repeated, value, rows[name]))
    for name in CLUSTER:  # a text that was dropped before the search may share the id of one that repeats another
        nothing = pa.scalar(None, rows[name].type)
        rows = rows.set_column(rows.column_names.index(name), name, pc.if_else(repeated, rows[name], nothing))
    return rows
