"""The stage's metrics: what each source brought, what became of it, and what the tokenizer makes of it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation.document import DOMAINS
from k15.curation.mixture import STAGES
from k15.curation.sources import GENERATED
from stages.curate.mixing import Mixed
from stages.curate.pictures import VISION, Pictures
from stages.curate.tokens import Encoded

DUPLICATES = ("exact_duplicate", "near_duplicate", "embedding_duplicate")


Sizes = Mapping[tuple[str, str], Counter[str]]
"""Tokens and bytes of the kept texts by domain and source."""


def funnel(decided: Sequence[Path], sizes: Sizes, pictures: Pictures) -> dict[str, Any]:
    """Per domain and source: read = rejected + duplicates + kept; and the tokens of the kept ones, but for pictures."""
    counts = _counted(decided) + pictures.counted()
    result: dict[str, Any] = {}
    for domain, source in sorted({(domain, source) for domain, source, _ in counts}):
        own = {name: n for (d, s, name), n in sorted(counts.items(), key=str) if (d, s) == (domain, source)}
        kept = own.pop(None, 0)
        result.setdefault(domain, {})[source] = {
            "read": kept + sum(own.values()),
            "rejected": {str(name): n for name, n in own.items() if name not in DUPLICATES},
            "duplicates": {name.removesuffix("_duplicate"): own.get(name, 0) for name in DUPLICATES},
            "kept": kept,
        }
        if domain != VISION:
            result[domain][source]["tokens"] = sizes[domain, source]["tokens"] if kept else 0
    return result


def _counted(decided: Sequence[Path]) -> Counter[tuple[str, str, str | None]]:
    """Documents by domain, source and filter (None: kept)."""
    found: Counter[tuple[str, str, str | None]] = Counter()
    for path in decided:
        table = pq.read_table(path, columns=["domain", "source", "filter"])
        for row in table.group_by(["domain", "source", "filter"]).aggregate([([], "count_all")]).to_pylist():
            found[row["domain"], row["source"], row["filter"]] += row["count_all"]
    return found


def summed(encoded: Sequence[Encoded]) -> Sizes:
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in encoded:
        table = pq.read_table(one.table, columns=["domain", "source", "tokens", "bytes"])
        grouped = table.group_by(["domain", "source"]).aggregate([("tokens", "sum"), ("bytes", "sum")])
        for row in grouped.to_pylist():
            found[row["domain"], row["source"]].update(tokens=row["tokens_sum"], bytes=row["bytes_sum"])
    return found


def planted(decided: Sequence[Path]) -> dict[str, Any]:
    """What became of the junk that the generators planted, kind by kind, and of their clean documents."""
    result: dict[str, Any] = {}
    for path in decided:
        table = pq.read_table(path, columns=["domain", "meta", "filter"], filters=pc.field("source") == GENERATED)
        for row in table.to_pylist():
            kind = json.loads(row["meta"]).get("planted", "clean")
            entry = result.setdefault(row["domain"], {}).setdefault(kind, {"documents": 0, "rejected": 0})
            entry["documents"] += 1
            entry["rejected"] += row["filter"] is not None
    return result


def languages(decided: Sequence[Path]) -> dict[str, int]:
    """Kept documents by the language that they are in."""
    found: Counter[str] = Counter()
    for path in decided:
        table = pq.read_table(path, columns=["identified_language"], filters=pc.field("filter").is_null())
        counts = pc.value_counts(table["identified_language"].drop_null())
        found.update({one["values"]: one["counts"] for one in counts.to_pylist()})
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def tokenization(sizes: Sizes, mixed: Mixed, vision: Mapping[str, int]) -> dict[str, Any]:
    """Bytes per token by domain, tokens in the packed blocks of each stage, and the vision documents by kind."""
    of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (domain, _), own in sizes.items():
        of[domain].update(own)
    ratio = {domain: own["bytes"] / own["tokens"] for domain, own in of.items()}
    return {
        "bytes_per_token": {domain: round(ratio[domain], 3) for domain in DOMAINS if domain in ratio},
        "tokens": {
            **{stage: mixed.tokens(stage, "train") for stage in STAGES},
            "validation": mixed.tokens("pretrain", "validation"),
        },
        "train_tokens": sum(mixed.tokens("pretrain", "train").values()),
        "multiplicity": mixed.multiplicities,
        "occupancy": round(mixed.occupancy, 5),
        "vision": dict(vision),
    }
