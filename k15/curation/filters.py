"""Rule filters (§2.5.1, App. B): every domain has its own rules, every rejection a reason and a value.

Guarantees: a document's fate depends on it alone. The rules are tried in the order of params.yaml and the
first that fails is the reason.
"""

from __future__ import annotations

import difflib
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from k15.curation.document import Document, Rejection
from k15.curation.measures import MEASURES, View
from k15.params import Params


def _known(name: str) -> str:
    if name not in MEASURES:
        nearest = difflib.get_close_matches(name, MEASURES, n=1) or ["one of " + ", ".join(MEASURES)]
        raise ValueError(f"no measure is called {name!r}; did you mean {nearest[0]}?")
    return name


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


Rules = dict[Annotated[str, AfterValidator(_known)], Bounds]


class Filters(Params):
    """The rules of each domain: measure → bounds."""

    english: Rules
    chinese: Rules
    code: Rules
    math: Rules
    knowledge: Rules


def check(document: Document, filters: Filters) -> Rejection | None:
    """The first rule of its domain that `document` breaks."""
    if not document.text:
        return Rejection(document, "empty", "nothing left after normalisation", 0.0)
    view = View(document.text, document.language)
    rules: Rules = getattr(filters, document.domain)
    for name, bounds in rules.items():
        value = float(MEASURES[name](view))
        if bounds.min is not None and value < bounds.min:
            return Rejection(document, name, f"below {bounds.min:g}", value)
        if bounds.max is not None and value > bounds.max:
            return Rejection(document, name, f"above {bounds.max:g}", value)
    return None
