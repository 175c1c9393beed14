"""Rule filters (§2.5.1, App. B): every domain has its own rules, every rejection a reason and a value.

Guarantees: a document's fate depends on its measures alone, so another threshold reads no text again. The rules are
tried in the order of params.yaml and the first that fails is the reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import model_validator

from k15.curation.document import DOMAINS, Domain
from k15.curation.measures import MEASURES_OF
from k15.errors import UserError
from k15.params import Params

Values = npt.NDArray[np.float64]

EMPTY = "empty"
JUDGED = pa.schema([("row", pa.int64()), ("filter", pa.string()), ("reason", pa.string()), ("value", pa.float64())])


class Bounds(Params):
    """Where a measure must lie, both ends included."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}; swap them")
        return self

    def broken(self, values: Values) -> Iterator[tuple[npt.NDArray[np.bool_], str]]:
        """Which of `values` lie outside, and how; those outside of a bound are to be left out for the next."""
        if self.min is not None:
            below = values < self.min
            yield below, f"below {self.min:g}"
            values = values[~below]
        if self.max is not None:
            yield values > self.max, f"above {self.max:g}"


Rules = dict[str, Bounds]


class Filters(Params):
    """The rules of each domain: measure → bounds."""

    english: Rules
    chinese: Rules
    code: Rules
    math: Rules
    knowledge: Rules

    @model_validator(mode="after")
    def _known(self) -> Self:
        for domain in DOMAINS:
            for name in self.of(domain):
                if name not in MEASURES_OF[domain]:
                    known = MEASURES_OF[domain]
                    nearest = difflib.get_close_matches(name, known, n=1) or ["one of " + ", ".join(known)]
                    raise ValueError(f"{domain} has no measure {name!r}; did you mean {nearest[0]}?")
        return self

    def of(self, domain: Domain) -> Rules:
        rules: Rules = getattr(self, domain)
        return rules


def judge(table: pa.Table, filters: Filters) -> pa.Table:
    """The first rule of its domain that a row breaks: row, filter, reason, value, in the order of rows.

    `table` has a column `domain` and one per measure. A text of which nothing is left never passes.
    """
    domains = table.column("domain").to_numpy(zero_copy_only=False)
    found = [JUDGED.empty_table()]
    for domain in DOMAINS:
        rows = np.flatnonzero(domains == domain)
        if not len(rows):
            continue
        empty = _column(table, "characters")[rows] == 0
        found.append(_judged(rows[empty], EMPTY, "nothing left after normalisation", np.zeros(empty.sum())))
        rows = rows[~empty]
        for name, bounds in filters.of(domain).items():
            values = _column(table, name)[rows]
            for broken, reason in bounds.broken(values):
                found.append(_judged(rows[broken], name, reason, values[broken]))
                rows, values = rows[~broken], values[~broken]
    return pa.concat_tables(found).sort_by("row")


def _column(table: pa.Table, name: str) -> Values:
    if name not in table.column_names:
        raise UserError(f"the scored documents have no column {name!r}: older code scored them; score them again")
    values: Values = table.column(name).to_numpy()
    return values


def _judged(rows: npt.NDArray[np.int64], name: str, reason: str, values: Values) -> pa.Table:
    count = len(rows)
    return pa.table([rows, [name] * count, [reason] * count, values], schema=JUDGED)
