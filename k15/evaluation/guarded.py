"""The texts of all evaluation sets in use: what training data must not hold (App. B)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from k15.errors import UserError
from k15.evaluation.benchmarks import read_benchmark
from k15.evaluation.params import BenchmarksParams
from k15.records import Record, iter_records


def guarded(params: BenchmarksParams, root: Path) -> Iterator[tuple[str, str, str]]:
    """Set, id and text of every item."""
    for benchmark in params.sets:
        for item in read_benchmark(benchmark.name, benchmark.format, root / benchmark.path, benchmark.limit):
            yield benchmark.name, item.id.removeprefix(f"{benchmark.name}/"), item.question
    for one in params.guarded:
        number = 0
        for number, located in enumerate(iter_records(root / one.path), start=1):
            record = Record(*located)
            yield one.name, str(number), "\n".join(record.text(field) for field in one.fields)
        if not number:
            raise UserError(f"{one.path}: no record in it; remove it from benchmarks.guarded or fill it")
