"""What curation leaves for the report: a few documents of two domains, what was dropped, clusters, a picture."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

from PIL import Image

from k15.artifacts import Producer, write_dataset

FUNNEL: dict[str, Any] = {
    "read": 100,
    "rejected": {"too_short": 10, "repetition": 5},
    "duplicates": {"exact": 4, "near": 1},
    "kept": 80,
    "tokens": 1000,
}
PICTURES: dict[str, Any] = {
    "read": 9,
    "rejected": {"unreadable": 2},
    "duplicates": {"exact": 1, "near": 0, "embedding": 0},
    "kept": 6,
}
METRICS: dict[str, Any] = {
    "funnel": {
        "code": {"generated": FUNNEL, "mine": FUNNEL},
        "math": {"generated": FUNNEL},
        "vision": {"photos": PICTURES},
    },
    "tokens": {"pretrain": {"code": 1900, "math": 1234}, "long_context": {"code": 77}},
    "multiplicity": {"code": 1.5, "math": 0.75},
    "bytes_per_token": {"code": 2.25, "math": 3.0},
    "occupancy": 0.9951,
    "quality": {"auc": 0.875},
}


def write_artifacts(root: Path) -> None:
    producer, place = Producer("curate", {"seed": 7}), root / "artifacts" / "curate"
    write_dataset(place / "documents", "document", [_document(n) for n in range(20)], producer=producer)
    write_dataset(place / "rejections", "rejection", [_rejection(n) for n in range(8)], producer=producer)
    write_dataset(place / "clusters", "cluster", [_repeat("code/0", n) for n in range(3)], producer=producer)
    write_dataset(place / "vision", "vision_document", [_picture(n) for n in range(20)], producer=producer)


def _document(n: int) -> dict[str, Any]:
    meta = {"programming_language": "C <old>"} if n % 2 else {"identified_language": "en"}
    return {
        "id": f"{_domain(n)}/{n}",
        "text": f"text <{n}>",
        "domain": _domain(n),
        "source": "generated",
        "split": "train",
        "tokens": 5 + n,
        "weight": 1.5,
        "meta": json.dumps(meta),
        "scores": [("quality_classifier", 0.5 + n / 40)],
    }


def _domain(n: int) -> str:
    return "code" if n % 2 else "math"


def _rejection(n: int) -> dict[str, Any]:
    return {
        "id": f"{_domain(n)}/dropped/{n}",
        "source": "generated",
        "domain": _domain(n),
        "filter": "too_short",
        "reason": "words under 8",
        "value": 3.0 if n else None,
        "excerpt": f"excerpt <{n}>",
        "meta": "{}",
        "scores": [],
    }


def _repeat(kept: str, n: int) -> dict[str, Any]:
    kind = "exact" if n else "near"
    return {"id": f"code/1{n}", "cluster": kept, "kind": kind, "similarity": 1.0 if n else 0.75, "across": n == 2}


def _picture(n: int) -> dict[str, Any]:
    """Of a quarter of a megabyte, as noise."""
    image = io.BytesIO()
    Image.frombytes("RGB", (300, 300), random.Random(n).randbytes(300 * 300 * 3)).save(image, "PNG")
    return {
        "id": f"picture/{n}",
        "kind": "caption" if n < 18 else "qa",
        "text": "<image> a red square",
        "images": [image.getvalue()],
        "source": "generated",
        "split": "train",
        "meta": "{}",
    }
