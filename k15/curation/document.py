"""The unit of curation: one text with its provenance.

Guarantees: an id names the place a text came from (source, file, line), never its position in a run, so that
every decision made in the order of ids is the same whatever the order, number or size of the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Domain = Literal["english", "chinese", "code", "math", "knowledge"]
Language = Literal["en", "zh"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)

EXCERPT_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Document:
    """`meta` holds what is known of the text beside its place: its language, or how a generator spoilt it."""

    id: str
    text: str
    domain: Domain
    source: str
    language: Language
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read as what it claims to be; what could be read of its file comes beside it."""

    id: str
    domain: Domain
    source: str
    reason: str
    excerpt: str
