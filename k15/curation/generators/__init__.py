"""Bundled documents for the five text domains: seeded, varied, licence-free, and dirty at a stated rate.

Guarantees: documents are a pure function of domain, count, junk share and seed; the domains do not influence
each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from k15.curation.document import Document, Domain, Language
from k15.curation.generators import chinese, code, english, junk, knowledge, mathematics
from k15.curation.sources import GENERATED
from k15.seeds import derive

__all__ = ["generate"]


def _texts(domain: Domain, count: int, seed: int) -> list[str]:
    rng = random.Random(derive(seed, domain))
    if domain == "math":
        return mathematics.generate(count, derive(seed, domain))
    if domain == "knowledge":
        entities = knowledge.world(random.Random(derive(seed, "world")))
        return [knowledge.generate(rng, entities) for _ in range(count)]
    write = {"english": english.generate, "chinese": chinese.generate, "code": code.generate}[domain]
    return [write(rng) for _ in range(count)]


def generate(domain: Domain, count: int, junk_share: float, seed: int) -> Iterator[Document]:
    """`count` good documents of `domain`, and `junk_share` times as many bad ones after them."""
    texts = _texts(domain, count, seed)
    language: Language = "zh" if domain == "chinese" else "en"
    for number, text in enumerate(texts):
        yield Document(f"{GENERATED}/{domain}/{number:07d}", text, domain, GENERATED, language)
    planted = junk.plant(texts, domain, junk_share, random.Random(derive(seed, domain, "junk"))) if texts else []
    for number, (text, kind) in enumerate(planted, start=len(texts)):
        meta = {"planted": kind}
        yield Document(f"{GENERATED}/{domain}/{number:07d}", text, domain, GENERATED, language, meta)
