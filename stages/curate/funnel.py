"""The stage's metrics: what each source brought, what became of it, and what the tokenizer makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from k15.curation.document import DOMAINS, Document, Domain, Rejection
from k15.curation.generators.vision import VisionDocument
from k15.curation.mixture import Split, summed
from k15.curation.sources import GENERATED
from stages.curate.corpus import Corpus

_DUPLICATES = ("exact_duplicate", "near_duplicate")


def funnel(read: Sequence[Document], rejected: Sequence[Rejection], corpus: Corpus) -> dict[str, Any]:
    """Per domain and source: read = rejected + duplicates + kept; and the tokens of the kept ones."""
    places = Counter((document.domain, document.source) for document in read)
    dropped = Counter((r.document.domain, r.document.source, r.filter) for r in rejected)
    kept, tokens = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for document, ids in zip(corpus.documents, corpus.tokens, strict=True):
        kept[document.domain, document.source] += 1
        tokens[document.domain, document.source] += len(ids)
    result: dict[str, Any] = {}
    for (domain, source), count in sorted(places.items()):
        reasons = {name: n for (d, s, name), n in sorted(dropped.items()) if (d, s) == (domain, source)}
        result.setdefault(domain, {})[source] = {
            "read": count,
            "rejected": {name: n for name, n in reasons.items() if name not in _DUPLICATES},
            "duplicates": {name.removesuffix("_duplicate"): reasons.get(name, 0) for name in _DUPLICATES},
            "kept": kept[domain, source],
            "tokens": tokens[domain, source],
        }
    return result


def planted(read: Sequence[Document], rejected: Sequence[Rejection]) -> dict[str, Any]:
    """What became of the junk that the generators planted, kind by kind, and of their clean documents."""
    dropped = {rejection.document.id for rejection in rejected}
    result: dict[str, Any] = {}
    for document in read:
        if document.source == GENERATED:
            kind = document.meta.get("planted", "clean")
            entry = result.setdefault(document.domain, {}).setdefault(kind, {"documents": 0, "rejected": 0})
            entry["documents"] += 1
            entry["rejected"] += document.id in dropped
    return result


def tokenization(
    corpus: Corpus, packed: Mapping[tuple[Domain, Split], int], pictures: Sequence[VisionDocument]
) -> dict[str, Any]:
    """Bytes per token by domain, tokens in the packed blocks, and how often each domain is read."""
    size, count = Counter[str](), Counter[str]()
    for document, ids in zip(corpus.documents, corpus.tokens, strict=True):
        size[document.domain] += len(document.text.encode())
        count[document.domain] += len(ids)
    tokens: dict[Domain, dict[Split, int]] = {domain: {} for domain in DOMAINS if count[domain]}
    for (domain, split), number in packed.items():
        if domain in tokens:
            tokens[domain][split] = number
    return {
        "bytes_per_token": {domain: round(size[domain] / count[domain], 3) for domain in tokens},
        "tokens": tokens,
        "train_tokens": sum(split["train"] for split in tokens.values()),
        "multiplicity": _multiplicity(corpus),
        "vision": dict(sorted(Counter(picture.kind for picture in pictures).items())),
    }


def _multiplicity(corpus: Corpus) -> dict[str, float]:
    """How often a token of each domain's training documents is read, on average."""
    training = [i for i, split in enumerate(corpus.splits) if split == "train"]
    domains = [corpus.documents[i].domain for i in training]
    lengths = np.array([len(corpus.tokens[i]) for i in training])
    there, read = summed(domains, lengths), summed(domains, lengths * corpus.multiplicities[training])
    return {domain: round(read[domain] / there[domain], 4) for domain in DOMAINS if domain in there}
