"""Peak memory of the search for duplicates by the number of documents, each count in a process of its own.

The documents are random words; of ten, one repeats an earlier one and one differs from an earlier one in a few words.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.curation_duplicates import SAME, write_unit
from k15.curation.document import Document
from k15.curation.duplicates.find import find

_UNIT = 2000
_WORDS = [f"w{i}" for i in range(20_000)]


def peaks(counts: list[int]) -> dict[int, dict[str, float]]:
    """MiB at the peak after signing and after the search, seconds of the search, and duplicates found, by count."""
    found = {}
    for count in counts:
        command = [sys.executable, "-m", "benchmarks.duplicates.memory", str(count)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[count] = json.loads(answer)
    return found


def _documents(unit: int) -> list[Document]:
    rng = random.Random(unit)
    texts: list[list[str]] = []
    for i in range(_UNIT):
        words = rng.choices(_WORDS, k=rng.randrange(100, 300)) if i < 10 or i % 10 > 1 else list(rng.choice(texts))
        if i >= 10 and i % 10 == 1:
            words[rng.randrange(len(words))] = "another"
        texts.append(words)
    names = (f"s/{unit:05d}/{i:05d}" for i in range(_UNIT))
    return [Document(name, " ".join(words), "english", "s", "en") for name, words in zip(names, texts, strict=True)]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> dict[str, float]:
    with TemporaryDirectory() as name:
        work = Path(name)
        units = [write_unit(work / f"{i:05d}.parquet", _documents(i), SAME) for i in range(count // _UNIT)]
        signed, begin = _peak(), time.process_time()
        table = find(units, SAME, work)
        seconds = time.process_time() - begin
    return {"signed": signed, "found": _peak(), "seconds": seconds, "duplicates": len(table)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
