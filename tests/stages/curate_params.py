"""Section `curate` at a small size."""

from __future__ import annotations

from typing import Any

PROSE = {
    "characters": {"min": 10},
    "longest_word": {"max": 60},
    "boilerplate_lines": {"max": 0.2},
    "repeated_lines": {"max": 0.5},
}
SHARES = {"english": 0.2, "chinese": 0.1, "code": 0.2, "math": 0.3, "knowledge": 0.2}
SMALL: dict[str, Any] = {
    "seed": 1,
    "bundled": {
        "documents": {"english": 150, "chinese": 150, "code": 120, "math": 150, "knowledge": 150},
        "junk_share": 0.2,
        "vision_documents": 20,
        "pictures": {"counting": 6, "geometry": 4},
    },
    "synthetic_captions": 0.5,
    "sources": [],
    "validation": {"records": 50, "min_yield": 0.1},
    "filters": {
        "english": {**PROSE, "stop_word_share": {"min": 0.1}, "punctuated_lines": {"min": 0.06}},
        "chinese": {**PROSE, "han_share": {"min": 0.3}, "stop_word_share": {"min": 0.01}},
        "code": {**PROSE, "code_lines": {"min": 0.3}},
        "math": {**PROSE, "vowelless_words": {"max": 0.5}, "quantities": {"min": 2}},
        "knowledge": {**PROSE, "vowelless_words": {"max": 0.5}},
    },
    "duplicates": {"ngram": 5, "bands": 14, "rows": 8, "threshold": 0.7, "embeddings": None},
    "quality": {
        "seeds": {"good": [], "bad": [], "bundled": True, "rejected": True, "most": 200},
        "classifier": None,
        "judgements": None,
        "weights": {"classifier": 1.0},
        "bands": [{"quantile": 1.0, "factor": 1.0}],
    },
    "validation_fraction": 0.15,
    "tokenizer": {"vocab_size": 400, "reuse": None, "sample_mib": 8},
    "block_length": 64,
    "train_tokens": {"pretrain": 30000, "cooldown": 20000, "long_context": 10000},
    "mixture": {
        "pretrain": SHARES,
        "cooldown": SHARES,
        "long_context": {**SHARES, "english": 0.0},
        "languages": {},
        "long_documents": {"tokens": 100, "factor": 2.0},
    },
}
