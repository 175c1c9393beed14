"""The texts of all evaluation sets in use: what training data must not hold (App. B).

Question and solution are items of their own, and so is each field of a guarded set: joined, the one without the other
would be less of the item than decontamination asks for. Not guaranteed: that a solution without its question is found
where it is shorter than `DecontaminationParams.shortest` words. A final answer alone is no item: many texts hold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from k15.errors import UserError
from k15.evaluation.benchmarks import read_benchmark
from k15.evaluation.params import BenchmarksParams
from k15.records import Record, iter_records


def guarded(params: BenchmarksParams, root: Path) -> Iterator[tuple[str, str, str]]:
    """Set, id (with the field) and text of every item."""
    for benchmark in params.sets:
        for item in read_benchmark(benchmark.name, benchmark.format, root / benchmark.path, benchmark.limit):
            name = item.id.removeprefix(f"{benchmark.name}/")
            yield benchmark.name, f"{name}/question", item.question
            if item.solution:
                yield benchmark.name, f"{name}/solution", item.solution
    for one in params.guarded:
        number = 0
        for number, located in enumerate(iter_records(root / one.path), start=1):
            record = Record(*located)
            for field in one.fields:
                yield one.name, f"{number}/{field}", record.text(field)
        if not number:
            raise UserError(f"{one.path}: no record in it; remove it from benchmarks.guarded or fill it")
