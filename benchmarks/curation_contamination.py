"""`python -m benchmarks curation_contamination`: how many planted evaluation items are found, by kind of edit.

Of every problem of MATH-500, GSM8K and HumanEval in the data sets the question alone, the solution alone and the one
after the other are put into the middle of a C4 page or Wikipedia article, verbatim and edited; section `benchmarks`
names the sets as users do.
Beside it stands the usual rule on the same words: any 13-gram in common, or any 8-gram with an item of fewer than 13
words. Then: what is found in text that holds none of the items.
"""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.duplicates.labelled import book_editions, plain_documents
from benchmarks.verifiers import DATA, gzipped_rows
from k15.curation.duplicates.decontaminate import EvaluationIndex, item_words, unprotected
from k15.curation.duplicates.words import Hashes, grams
from k15.evaluation.guarded import guarded
from k15.evaluation.params import BenchmarksParams, DecontaminationParams
from k15.params import parse_params

Item = tuple[str, str, str]
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_SENTENCES = re.compile(r"(?<=[.?!])\s+")


def items() -> list[Item]:
    """Set, id with field, and text, as stages `curate` and `prompts` look for them."""
    drawing = {"samples": 1, "temperature": 1.0, "max_tokens": 1}
    sets = [
        {"name": "math500", "format": "math500", "path": "math500/test_subset.jsonl.gz", **drawing},
        {"name": "gsm8k", "format": "gsm8k", "path": "gsm8k/train.jsonl.gz", **drawing},
    ]
    path, fields = "humaneval/HumanEval_subset.jsonl.gz", ["prompt", "canonical_solution"]
    others = [{"name": "humaneval", "path": path, "fields": fields}]
    given = {"sets": sets, "guarded": others, "decontamination": {}}
    return list(guarded(parse_params(BenchmarksParams, "benchmarks", given), DATA))


def wholes(known: Sequence[Item]) -> list[Item]:
    """Problems with their solutions."""
    together: dict[tuple[str, str], list[str]] = {}
    for item in known:
        together.setdefault(problem(*item[:2]), []).append(item[2])
    return [(suite, f"{name}/whole", "\n\n".join(texts)) for (suite, name), texts in together.items()]


def problem(suite: str, name: str) -> tuple[str, str]:
    return suite, name.rpartition("/")[0]


def kind(item: Item) -> str:
    return f"{item[0]} {item[1].rpartition('/')[2]}"


def _spacing(text: str, rng: random.Random) -> str:
    return re.sub(r"\s+", lambda _: rng.choice([" ", "  ", "\n"]), re.sub(r"([-+=<>])", r" \1 ", text))


def _changed(pattern: re.Pattern[str], to: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    def edit(text: str, rng: random.Random) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        one = rng.choice(found)
        return text[: one.start()] + to(one[0], rng) + text[one.end() :]

    return edit


def _reordered(text: str, rng: random.Random) -> str:
    sentences = _SENTENCES.split(text)
    return " ".join(rng.sample(sentences, len(sentences)))


def _replaced(text: str, rng: random.Random) -> str:
    parts = re.split(r"(\s+)", text)
    return "".join(rng.choice(_WORDS) if part.strip() and rng.random() < 0.1 else part for part in parts)


_WORDS = ("about", "carefully", "bright", "table", "seven", "river", "often", "yellow", "person", "under", "window")
EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, rng: text,
    "case": lambda text, rng: text.upper() if rng.random() < 0.5 else text.lower(),
    "spacing": _spacing,
    "punctuation": lambda text, rng: re.sub(r"[.,;:?!'\"$]", "", text),
    "a changed number": _changed(_NUMBER, lambda old, rng: str(int(old) + rng.randrange(1, 50))),
    "a changed name": _changed(_NAME, lambda old, rng: rng.choice(["Zelda", "Igor", "Mei", "Anders"])),
    "sentences reordered": _reordered,
    "one word in ten replaced": _replaced,
}


def measure() -> None:
    if not (DATA / "math500").is_dir():
        print(f"contamination: left out, {DATA} is absent (set K15_DATA to the folder of the data sets)")
        return
    known = items()
    began = time.process_time()
    index = EvaluationIndex.build(known, DecontaminationParams())
    print(f"contamination: {len(known)} items indexed in {time.process_time() - began:.1f} s of CPU time, ", end="")
    short = Counter(kind((suite, name, "")) for suite, name in unprotected(known, DecontaminationParams()))
    print("too short to look for: " + ", ".join(f"{count} of {what}" for what, count in short.items()))
    plain = plain_documents(DATA)
    usual = UsualRule(known)
    for name, edit in EDITS.items():
        for planted in (known, wholes(known)):
            _report(name, planted, _planted(planted, plain, edit), index, usual)
    books = [one.document.text for one in book_editions(DATA)]
    svamp = [f"{row['Body']} {row['Question']}" for row in _svamp()]
    others = list(gzipped_rows(next((DATA / "math_test_other").glob("*.gz"))))
    unrelated = {
        "C4 and Wikipedia": plain,
        "books": books,
        "SVAMP problems": svamp,
        "other MATH problems": [row["problem"] for row in others],
        "other MATH solutions": [row["solution"] for row in others],
        "MBPP programs": [row["code"] for row in gzipped_rows(DATA / "mbpp/mbpp_subset.jsonl.gz")],
    }
    for name, texts in unrelated.items():
        began = time.process_time()
        hits = sum(hit is not None for hit in index.hits(texts))
        rate = len(texts) / (time.process_time() - began)
        also = sum(map(usual.holds_one, texts))
        print(f"unrelated, {name}: {hits} of {len(texts)} ({rate:,.0f} documents/s); the usual rule {also}", flush=True)


def _svamp() -> list[dict]:
    return json.loads(next((DATA / "svamp").glob("*.json")).read_text())


def _planted(known: Sequence[Item], plain: Sequence[str], edit: Callable[[str, random.Random], str]) -> list[str]:
    rng = random.Random(23)
    documents = []
    for _, _, text in known:
        host = rng.choice(plain)[:4000]
        middle = host.find(" ", len(host) // 2)
        documents.append(f"{host[:middle]}\n\n{edit(text, rng)}\n\n{host[middle:]}")
    return documents


def _report(
    name: str, planted: Sequence[Item], documents: Sequence[str], index: EvaluationIndex, usual: "UsualRule"
) -> None:
    hits = index.hits(documents)
    for what in dict.fromkeys(map(kind, planted)):
        rows = [i for i, item in enumerate(planted) if kind(item) == what]
        own = [(hit, planted[i]) for i in rows if (hit := hits[i]) is not None]
        named = sum(problem(hit.suite, hit.id) == problem(*item[:2]) for hit, item in own)
        also = sum(usual.holds_one(documents[i]) for i in rows)
        print(f"{name}, {what}: removed {len(own) / len(rows):.4f} ({named / len(rows):.4f} as that problem), ", end="")
        print(f"by the usual rule {also / len(rows):.4f} of {len(rows)}", flush=True)


class UsualRule:
    """Any 13-gram in common, or 8-gram with an item of fewer words."""

    def __init__(self, known: Sequence[Item]) -> None:
        self._grams: dict[int, set[int]] = {8: set(), 13: set()}
        for _, _, text in known:
            hashes = _words(text)
            n = 13 if len(hashes) >= 13 else 8
            if len(hashes) >= n:
                self._grams[n].update(grams(hashes, n).tolist())

    def holds_one(self, text: str) -> bool:
        hashes = _words(text)
        return any(
            len(hashes) >= n and not known.isdisjoint(grams(hashes, n).tolist()) for n, known in self._grams.items()
        )


def _words(text: str) -> Hashes:
    return item_words([text])[0]
