"""`python -m benchmarks curation_labelled`: filters and extraction on labelled sets, beside the library of the trade.

Spam: our quality classifier and fastText's, both trained on the half of the SMS Spam Collection whose hashes are odd,
with the same words, dimensions and epochs; figures are of the other half, spam as the class that is looked for.
Extraction: our main text of Readability's pages and Trafilatura's, as bags of words against the expected text; means
over pages. (Duplicates have labels of their own: `curation_duplicates`.)
"""

import gzip
import hashlib
import html
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from benchmarks import datatrove_environment
from benchmarks.verifiers import DATA, ROOT
from k15.curation.quality.figures import figures
from k15.curation.quality.seed import Seed
from k15.curation.quality.training import fit
from k15.curation.sources.html import text_of
from k15.errors import UserError
from k15.params import load_params
from stages.curate.params import CurateParams

THEIRS = "labelled_side.py"
_WORD = re.compile(r"\w+")


def measure() -> None:
    if not DATA.is_dir():
        raise UserError(f"the real data is not at {DATA}; set K15_DATA")
    datatrove_environment.prepare()
    _spam()
    _extraction()


def _spam() -> None:
    lines = (DATA / "sms_spam" / "sms_subset.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 1) for line in lines]
    known = [row for row in rows if _odd(row[1])]
    held = [row for row in rows if not _odd(row[1])]
    params = load_params(CurateParams, "curate", ROOT).quality.classifier
    assert params is not None, "params.yaml of the repository has a classifier"
    seeds = [Seed(str(number), text, label == "ham") for number, (label, text) in enumerate(known)]
    classifier, _ = fit(seeds, params, seed=1)
    texts, spam = [text for _, text in held], [label == "spam" for label, _ in held]
    _print_spam("k15", 1 - classifier.probabilities(texts), spam)
    with TemporaryDirectory() as scratch:
        shape = {"dimensions": params.dimensions, "epochs": params.epochs, "buckets": params.buckets}
        found = datatrove_environment.answer(
            THEIRS, Path(scratch) / "spec.json", what="spam", train=known, texts=texts, **shape
        )
    for name, probabilities in found.items():
        _print_spam(name, np.array(probabilities), spam)


def _odd(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def _print_spam(name: str, probabilities: npt.NDArray[np.floating], spam: Sequence[bool]) -> None:
    found = figures(probabilities, spam)
    shown = ", ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in found.items())
    print(f"spam ({sum(spam)} of {len(spam)}): {name}: {shown}", flush=True)


def _extraction() -> None:
    folders = sorted((DATA / "web_pages_readability").iterdir())
    pages = [_stored(folder / "source.html") for folder in folders]
    wanted = [_words(html.unescape(re.sub(r"<[^>]*>", " ", _stored(folder / "expected.html")))) for folder in folders]
    with TemporaryDirectory() as scratch:
        theirs = datatrove_environment.answer(THEIRS, Path(scratch) / "spec.json", what="extraction", pages=pages)
    for name, texts in {"k15": [text_of(page) for page in pages], **theirs}.items():
        precision, recall, f1 = np.mean([_overlap(_words(t), w) for t, w in zip(texts, wanted, strict=True)], axis=0)
        print(
            f"extraction ({len(pages)} pages): {name}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}",
            flush=True,
        )


def _overlap(got: Counter[str], want: Counter[str]) -> tuple[float, float, float]:
    shared = sum((got & want).values())
    precision, recall = shared / max(1, sum(got.values())), shared / max(1, sum(want.values()))
    return precision, recall, 2 * precision * recall / (precision + recall) if shared else 0.0


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def _stored(path: Path) -> str:
    packed = path.with_name(f"{path.name}.gz")
    return (path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())).decode()
