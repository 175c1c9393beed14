"""What a text is like, in numbers: each measure becomes a column beside the text (§2.5.1, App. B).

Guarantees: a measure depends on its document alone and knows no threshold: those are params
(`k15.curation.filters`), and changing one computes no measure again. Every document of a domain has all the
measures of the domain, also an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from k15.curation.document import DOMAINS, Document, Domain
from k15.curation.measures import chinese, code, general, knowledge, languages, mathematics, repetition, web
from k15.curation.measures.languages import identify
from k15.curation.measures.view import HAN, WORD, View

__all__ = ["HAN", "MEASURES", "MEASURES_OF", "WORD", "Examined", "columns", "examine", "identify", "measure"]

_PROSE = {"english": (web,), "chinese": (chinese,), "math": (mathematics,), "knowledge": (web, knowledge)}


@dataclass(frozen=True, slots=True)
class Examined:
    measures: dict[str, float]
    labels: dict[str, str]
    """What is known of the text in words: identified_language, and by domain script, programming_language,
    licence, document_type."""


def examine(document: Document) -> Examined:
    """All that the document's domain measures."""
    view = View(document)
    measures = general.measure(view)
    if document.domain == "code":
        labels = code.labels(view)
        return Examined(_floats(measures | code.measure(view, labels)), labels)
    identified = identify(document.text)
    measures |= repetition.measure(view) | languages.measure(view, identified)
    for part in _PROSE[document.domain]:
        measures |= part.measure(view)
    labels = {"identified_language": identified[0]}
    if document.domain == "chinese":
        labels["script"] = chinese.script(view)
    if document.domain == "knowledge":
        labels["document_type"] = knowledge.document_type(measures)
    return Examined(_floats(measures), labels)


def measure(document: Document) -> dict[str, float]:
    return examine(document).measures


def _floats(measures: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in measures.items()}


MEASURES_OF: dict[Domain, tuple[str, ...]] = {
    domain: tuple(measure(Document("", "", domain, "", "zh" if domain == "chinese" else "en"))) for domain in DOMAINS
}
"""The names of the measures of each domain, in the order of their columns."""

MEASURES = tuple(dict.fromkeys(name for names in MEASURES_OF.values() for name in names))


def columns(measured: Sequence[Mapping[str, float]]) -> dict[str, pa.Array]:
    """The measures of many documents as columns, empty where a domain lacks the measure."""
    return {name: pa.array([row.get(name) for row in measured], pa.float64()) for name in MEASURES}
