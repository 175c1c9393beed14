"""`python -m benchmarks curation_scale`: stage `curate` with two workers and with one, and on ten times the documents.

The whole stage as its command line runs it, with the repository's params, over JSON Lines of documents made of real
text: wall time with one worker on one core and with two on two, step by step, and peak memory with two workers over a
tenth of the documents and over all. Twice as fast is only to be had where two cores are free.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML

from benchmarks.scale.corpus import write
from benchmarks.scale.watched import Watched, watch
from benchmarks.verifiers import DATA, ROOT
from k15.params import read_params

DOCUMENTS = 200_000
_SHOWN = 0.02
"""Share of the time from which a step is named."""


def measure(documents: int = DOCUMENTS) -> None:
    if not (DATA / "c4_sample").is_dir():
        print(f"curation scale: left out, {DATA} is absent (set K15_DATA to the folder of the data sets)")
        return
    with TemporaryDirectory() as name:
        root = Path(name)
        small = _run(root, documents // 10, 2)
        two = _run(root, documents, 2)
        one = _run(root, documents, 1)
    print(f"two workers against one: {one.seconds / two.seconds:.2f} times as fast")
    for step, seconds in one.steps.items():
        if seconds > _SHOWN * one.seconds:
            print(f"  {step}: {seconds:.1f} s, with two {two.steps[step]:.1f} s")
    print(
        f"peak memory of ten times the documents: largest process {two.largest / small.largest:.2f} times as much, "
        f"all processes {two.together / small.together:.2f}"
    )


def _run(root: Path, documents: int, workers: int) -> Watched:
    corpus, place = root / f"corpus-{documents}", root / f"run-{documents}-{workers}"
    text = write(corpus, DATA, documents) if not corpus.exists() else None
    place.mkdir()
    YAML().dump(_params(corpus, documents, workers), place / "params.yaml")
    found = watch(place, cores=workers)
    if text is not None:
        print(f"curation scale: {documents:,} documents, {text / 2**20:.0f} MiB of text")
    print(
        f"  {workers} workers: {found.seconds:.1f} s; peak memory: largest process {found.largest:.0f} MiB, all "
        f"processes {found.together:.0f} MiB",
        flush=True,
    )
    return found


def _params(corpus: Path, documents: int, workers: int) -> dict[str, Any]:
    params = read_params(ROOT)
    params["workers"]["count"] = workers
    curate = params["curate"]
    curate["bundled"] |= {"documents": {}, "vision_documents": 0}
    curate["sources"] = [{"name": "real", "path": str(corpus), "format": "jsonl", "domain": "english", "lang": "en"}]
    curate["quality"]["seeds"]["good"] = ["real"]
    curate["mixture"]["long_context"]["english"] = 1.0
    curate["train_tokens"] = {"pretrain": 500 * documents, "cooldown": 100 * documents, "long_context": 100 * documents}
    return params


if __name__ == "__main__":
    measure()
