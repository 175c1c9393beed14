"""fastText's and Trafilatura's side of `curation_labelled`, in datatrove's environment.

Reads the file named ({"what": "spam" | "extraction", ...}), prints {name of the side: its answers} as JSON.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def spam(spec: dict) -> dict:
    """The probability of spam of each text: with the shape of our classifier, and with fastText's own settings."""
    import fasttext

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "train.txt"
        path.write_text("".join(f"__label__{label} {words(text)}\n" for label, text in spec["train"]))
        shape = {"dim": spec["dimensions"], "epoch": spec["epochs"], "bucket": spec["buckets"]}
        sides = {"fastText, same shape": shape, "fastText, 25 epochs": {"epoch": 25, "bucket": spec["buckets"]}}
        found = {}
        for name, settings in sides.items():
            model = fasttext.train_supervised(str(path), wordNgrams=2, lr=0.5, thread=1, verbose=0, **settings)
            found[name] = [probability(model, text) for text in spec["texts"]]
    return found


def words(text: str) -> str:
    return " ".join(text.lower().split())


def probability(model: Any, text: str) -> float:
    labels, values = model.predict(words(text), k=2)
    return float(min(1.0, dict(zip(labels, values, strict=True)).get("__label__spam", 0.0)))


def extraction(spec: dict) -> dict:
    from datatrove.pipeline.extractors import Trafilatura
    from trafilatura import extract

    as_configured = Trafilatura(favour_precision=True)
    return {
        "Trafilatura": [extract(page) or "" for page in spec["pages"]],
        "Trafilatura in datatrove (favour_precision)": [as_configured.extract(page) or "" for page in spec["pages"]],
    }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps({"spam": spam, "extraction": extraction}[given["what"]](given)))
