"""`python -m benchmarks curation_web`: the English web path beside datatrove's, from pages to clusters of duplicates.

Ours is the code of stage `curate`: pages as a source of HTML, measures and language, rules, signatures, duplicates,
each with its files; also the measures that datatrove has no filter for, and of pages too that a rule drops. Theirs is
FineWeb's pipeline with the same thresholds: Trafilatura, language, GopherRepetition, GopherQuality, C4Quality,
FineWebQuality, MinHash; what one drops the next does not see. It has decoded pages from one file, and runs with its own
words (spaCy's) and with k15's, which are faster. Both in one process, by CPU time, what is loaded once not counted.

Decisions: filter by filter on our texts, and of the whole paths, page by page. Known to differ: language models (CLD2,
fastText); "Lorem ipsum" in a line of two words, which C4Quality does not see; and in the whole path the extractors, and
that C4Quality takes lines out of the text that FineWebQuality and MinHash read (ours stays as it is).
"""

import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import datatrove_environment
from benchmarks.curation_duplicates import SAME
from benchmarks.curation_rules import RULES, decide, english
from benchmarks.verifiers import DATA, ROOT
from benchmarks.web.pages import pages
from k15.curation import measures
from k15.curation.filters import Filters
from k15.curation.measures import web
from k15.curation.pieces import WorkersParams
from k15.curation.sources import Source
from k15.params import load_params, parse_params
from k15.progress import Progress
from stages.curate import columns, decisions, texts
from stages.curate.params import CurateParams
from stages.curate.work import Beside, Work, with_columns

COPIES = 11
REPETITIONS = 3
_SHOWN = 8
"""Pairs of fates, the most frequent ones."""
LANGUAGE: dict[str, dict[str, dict[str, float]]] = {
    "language": {"language_match": {"min": 1}, "language_confidence": {"min": 0.65}}
}
GROUPS: dict[str, dict[str, dict[str, float]]] = LANGUAGE | RULES
STEPS = {
    "extraction": ("extraction",),
    "language and rules": ("language", "GopherRepetition", "GopherQuality", "C4Quality", "FineWebQuality"),
    "signatures": ("signatures",),
    "duplicates": ("duplicates",),
}
PASSED = "passed"
AFTER_C4 = "FineWebQuality after C4Quality"
THEIRS = "web/datatrove_side.py"
WORDS = [measures.WORD.pattern, web.SENTENCE_END.pattern]


@dataclass(frozen=True)
class Side:
    seconds: dict[str, float]
    """CPU time of every step."""
    fates: dict[str, str]
    """For each page the step that drops it, or `PASSED`."""
    repeats: set[str]
    """The pages that are dropped as duplicates."""

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def measure() -> None:
    if not (DATA / "documentation_html").is_dir():
        print(f"curation web: left out, {DATA} is absent (set K15_DATA to the folder of the data sets)")
        return
    datatrove_environment.prepare()
    with TemporaryDirectory() as name:
        work = Path(name)
        names = _write(work)
        _ours(work / "warm", work / "few")  # compiled code is loaded before the clock starts
        _, parts = _ours(work / "whole", work / "pages")
        _compare_decisions(parts, work)
        _compare_speed("k15's words", WORDS, work, names)
        _compare_speed("its own words (spaCy)", None, work, names)


def _write(work: Path) -> list[str]:
    """The pages as files for us and as JSON Lines for datatrove; their names."""
    for folder in ("pages", "few", "lines"):
        (work / folder).mkdir()
    names, characters = [], 0
    with (work / "lines" / "pages.jsonl").open("w", encoding="utf-8") as lines:
        for number, page in enumerate(pages(DATA, COPIES)):
            data = page.encode("utf-8", "replace")
            for folder in ("pages", "few") if number < 20 else ("pages",):
                (work / folder / f"{number:06d}.html").write_bytes(data)
            names.append(f"{number:06d}")
            lines.write(json.dumps({"id": names[-1], "text": data.decode()}) + "\n")
            characters += len(page)
    print(
        f"curation web: {len(names)} pages, {characters:,} characters, of them {len(names) // (COPIES + 1)} originals"
    )
    return names


def _params(folder: Path) -> CurateParams:
    params = load_params(CurateParams, "curate", ROOT)
    source = Source(name="web", path=str(folder), format="html", domain="english", lang="en")
    rules = {name: bounds for group in GROUPS.values() for name, bounds in group.items()}
    empty: dict[str, Any] = {name: {} for name in Filters.model_fields}
    changed = {
        "bundled": params.bundled.model_copy(update={"documents": {}}),
        "sources": [source],
        "filters": parse_params(Filters, "filters", empty | {"english": rules}),
        "duplicates": SAME,
    }
    return params.model_copy(update=changed)


def _ours(kept: Path, folder: Path) -> tuple[Side, list[tuple[Path, Path, Path]]]:
    """The pieces of `stages.curate.run`, each kind timed; and of each part the texts, measures and verdicts."""
    params, seconds, last = _params(folder), {}, time.process_time()
    work = Work(kept, WorkersParams(engine="local", count=1, slurm=None), Progress(shown=False))

    def lap(name: str) -> None:
        nonlocal last
        seconds[name], last = time.process_time() - last, time.process_time()

    read = work.complete("read", texts.pieces(params, ROOT, work))
    lap("extraction")
    found: list[Beside] = [(part, ()) for part in read]
    measured = work.complete("measures", columns.measures(work, found))
    found = with_columns(found, measured)
    verdicts = decisions.judged(work, found, params.filters)
    lap("language and rules")
    found = with_columns(found, work.complete("signatures", columns.signatures(work, found, params.duplicates)))
    lap("signatures")
    passed = work.complete("what passed", decisions.passing(work, with_columns(found, verdicts)))
    (clusters,) = work.complete("search", [decisions.search(work, passed, params.duplicates, ROOT)])
    lap("duplicates")
    repeats = {_name(one) for one in pq.read_table(clusters)["id"].to_pylist()}
    parts = list(zip(read, measured, verdicts, strict=True))
    return Side(seconds, _fates(parts), repeats), parts


def _fates(parts: Sequence[tuple[Path, Path, Path]]) -> dict[str, str]:
    group_of = {name: group for group, rules in GROUPS.items() for name in rules}
    group_of |= {"unreadable": "extraction", "empty": "extraction"}
    found: dict[str, str] = {}
    for part, _, verdicts in parts:
        ids, filters = pq.read_table(part)["id"].to_pylist(), pq.read_table(verdicts)["filter"].to_pylist()
        found |= {_name(one): group_of[name] if name else PASSED for one, name in zip(ids, filters, strict=True)}
    return found


def _name(identity: str) -> str:
    return Path(identity).stem


def _theirs(names: Sequence[str], work: Path, words: list[str] | None) -> Side:
    shape = {"ngram": SAME.ngram, "bands": SAME.bands, "rows": SAME.rows}
    with TemporaryDirectory(dir=work) as name:
        found = datatrove_environment.answer(
            THEIRS,
            Path(name) / "spec.json",
            pages=str(work / "lines"),
            words=words,
            work=name,
            **shape,
        )
    clusters: dict[int, list[str]] = {}
    for one, cluster in sorted(found["clusters"].items()):
        clusters.setdefault(cluster, []).append(one)
    repeats = {one for cluster in clusters.values() for one in cluster[1:]}
    seconds = {step: sum(found["seconds"][name] for name in own) for step, own in STEPS.items()}
    return Side(seconds, dict.fromkeys(names, PASSED) | found["fates"], repeats)


def _compare_decisions(parts: Sequence[tuple[Path, Path, Path]], work: Path) -> None:
    """Filter by filter, each on its own, on the texts that we extracted."""
    rows = [_side_by_side(part, measured) for part, measured, _ in parts]
    table = pa.concat_tables([one.filter(pc.greater(one["characters"], 0)) for one in rows])
    ours = decide(table, {name: english(name, rules) for name, rules in GROUPS.items()})
    own = table["text"].to_pylist()
    theirs = datatrove_environment.answer(THEIRS, work / "texts.json", texts=own, words=WORDS)
    print(f"decisions on the same {len(own)} texts and words, each filter on its own, dropped:")
    for name in GROUPS:
        _print_counts(name, [(name in one, name in other) for one, other in zip(ours, theirs["dropped"], strict=True)])
    pairs = zip(ours, theirs["dropped"], strict=True)
    uncut = [(one, other) for one, other in pairs if "C4Quality" not in one and "C4Quality" not in other]
    _print_counts(AFTER_C4, [("FineWebQuality" in one, AFTER_C4 in other) for one, other in uncut])


def _print_counts(name: str, dropped: Sequence[tuple[bool, bool]]) -> None:
    counts = Counter(dropped)
    both, only_ours, only_theirs = counts[True, True], counts[True, False], counts[False, True]
    print(f"  {name}: by both {both}, by k15 alone {only_ours}, by datatrove alone {only_theirs}", flush=True)


def _side_by_side(part: Path, measured: Path) -> pa.Table:
    texts_of, numbers = pq.read_table(part, columns=["text", "domain"]), pq.read_table(measured)
    return pa.table({name: one[name] for one in (texts_of, numbers) for name in one.column_names})


def _compare_speed(name: str, words: list[str] | None, work: Path, names: Sequence[str]) -> None:
    ratios: dict[str, list[float]] = {step: [] for step in (*STEPS, "all")}
    rates = []
    for number in range(REPETITIONS):
        ours, _ = _ours(work / f"{name}-{number}", work / "pages")
        theirs = _theirs(names, work, words)
        rates.append([len(names) / side.total for side in (ours, theirs)])
        for step in STEPS:
            ratios[step].append(theirs.seconds[step] / ours.seconds[step])
        ratios["all"].append(theirs.total / ours.total)
    k15, datatrove = (statistics.median(side) for side in zip(*rates, strict=True))
    spread = f"{min(ratios['all']):.2f} to {max(ratios['all']):.2f} in {REPETITIONS} repetitions"
    print(
        f"datatrove with {name}: k15 {k15:.1f} documents/s, datatrove {datatrove:.1f}; ratio "
        f"{statistics.median(ratios['all']):.2f} ({spread})"
    )
    for step in STEPS:
        print(
            f"  {step}: k15 {ours.seconds[step]:.1f} s, datatrove {theirs.seconds[step]:.1f} s; ratio "
            f"{statistics.median(ratios[step]):.2f}"
        )
    _compare_fates(ours, theirs, names)


def _compare_fates(ours: Side, theirs: Side, names: Sequence[str]) -> None:
    fates = Counter((ours.fates[name], theirs.fates[name]) for name in names)
    same = sum(count for (one, other), count in fates.items() if (one == PASSED) == (other == PASSED))
    passed = [name for name in names if ours.fates[name] == theirs.fates[name] == PASSED]
    repeats = Counter((name in ours.repeats, name in theirs.repeats) for name in passed)
    both, only_ours, only_theirs = repeats[True, True], repeats[True, False], repeats[False, True]
    print(
        f"  whole path: {same / len(names):.1%} of the pages pass or fail on both sides; of the {len(passed)} that "
        f"pass both, duplicates for both {both}, for k15 alone {only_ours}, for datatrove alone {only_theirs}"
    )
    for (one, other), count in fates.most_common(_SHOWN):
        print(f"    k15 {one}, datatrove {other}: {count}", flush=True)
