"""`python -m benchmarks curation_real`: one run of stage curate over all real text in the data sets.

The sources are those of `curation_real.yaml`, the rules of English text are the published ones of `curation_rules`, all
else is as in params.yaml without its generators. Printed are the funnel by domain and source, and the time. K15_REAL
names a directory to run in, which is kept, with `samples.md` in it: 50 kept and 50 rejected documents, drawn by hash
and spread over domains, sources and reasons; without it the run leaves nothing.

What a source cannot read as it is, `_convert` rewrites first: JSON arrays, texts inside nested records, lists of lines,
zip archives, CSV.
"""

import csv
import gzip
import heapq
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from benchmarks.curation_rules import DATA, RULES
from k15.artifacts.digests import json_digest
from k15.errors import UserError
from k15.params import read_params
from stages.curate import decided

ROOT = Path(__file__).parents[1]
DECLARED = Path(__file__).with_suffix(".yaml")
BEFORE = ("language_match", "characters", "longest_word", "boilerplate_lines")
"""Of the rules for English in params.yaml those that the published ones have nothing instead of."""
SAMPLES = 50
SHOWN = 1500
_COLUMNS = ("id", "text", "domain", "source", "filter", "reason", "value", "meta")
Row = dict[str, Any]


def measure() -> None:
    if not DATA.is_dir():
        raise UserError(f"the real data is not at {DATA}; set K15_DATA")
    if kept := os.environ.get("K15_REAL"):
        root = Path(kept).resolve()
        _run(root)
        _write_samples(root)
        return
    with TemporaryDirectory() as directory:
        _run(Path(directory))


def _run(root: Path) -> None:
    (root / "converted").mkdir(parents=True, exist_ok=True)
    if not (root / "data").exists():
        (root / "data").symlink_to(DATA.resolve())
    _convert(root / "converted")
    _write_params(root)
    command = [sys.executable, "-m", "stages.curate", "--root", str(root)]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=sys.stderr)
    if done.returncode:
        raise UserError(f"stage curate ended with {done.returncode}")
    _print(json.loads((root / "metrics/curate.json").read_text()), time.monotonic() - began)


def _write_params(root: Path) -> None:
    declared = YAML(typ="safe", pure=True).load(DECLARED.read_text())
    params = read_params(ROOT)
    curate, english = params["curate"], params["curate"]["filters"]["english"]
    published = {name: bounds for rules in RULES.values() for name, bounds in rules.items()}
    curate["filters"]["english"] = {**{name: english[name] for name in BEFORE}, **published}
    curate["bundled"] = {"documents": {}, "junk_share": 0.0, "vision_documents": 0, "pictures": {}}
    curate["sources"] = declared["sources"]
    curate["validation"]["min_yield"] = 0.0  # some are there to be refused: damaged archives, other languages
    curate["quality"]["seeds"] |= {"good": declared["good"], "bundled": False}
    chosen = {
        "curate": curate,
        "workers": params["workers"],
        "benchmarks": params["benchmarks"] | declared["benchmarks"],
    }
    with (root / "params.yaml").open("w") as file:
        YAML().dump(chosen, file)


def _convert(folder: Path) -> None:
    """What no source can read as it is."""
    for name in ("inaugural", "shakespeare", "udhr2"):
        with zipfile.ZipFile(DATA / f"nltk_corpora/{name}.zip") as archive:
            archive.extractall(folder)
    for path in sorted((DATA / "chinese_poetry").glob("*.json.gz")):
        poems = ("\n".join(_lines_of_poem(poem)) for poem in _json(path))
        _write(folder / f"poetry/{path.name.removesuffix('.json.gz')}.jsonl", ({"text": text} for text in poems))
    _write(folder / "cmrc.jsonl", _paragraphs("cmrc2018/cmrc2018_trial.json.gz"))
    _write(folder / "drcd.jsonl", _paragraphs("drcd/DRCD_dev.json.gz"))
    _write(folder / "theoremqa.jsonl", _json(DATA / "theoremqa/theoremqa_test_subset.json"))
    passages = _json_lines(DATA / "nq_open_oracle/nq-open-oracle_subset.jsonl.gz")
    _write(folder / "passages.jsonl", (passage for row in passages for passage in row["ctxs"]))
    asked = _json_lines(DATA / "mgsm_zh/mgsm_zh_subset.jsonl")
    _write(folder / "mgsm_zh.jsonl", ({"question": row["messages"][0]["content"]} for row in asked))
    tables = [StringIO(path.read_text("utf-8")) for path in sorted((DATA / "mmlu/test").glob("*.csv"))]
    _write(folder / "mmlu.jsonl", ({"question": row[0]} for table in tables for row in csv.reader(table)))


def _lines_of_poem(poem: Row) -> list[str]:
    heading = [poem[name] for name in ("title", "rhythmic") if name in poem]
    lines: list[str] = poem.get("paragraphs") or poem["content"]
    return [*heading, *lines]


def _paragraphs(path: str) -> Iterator[Row]:
    for article in _json(DATA / path)["data"]:
        yield from ({"id": one["id"], "text": one["context"]} for one in article["paragraphs"])


def _json(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def _json_lines(path: Path) -> Iterator[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    yield from (json.loads(line) for line in text.split("\n") if line.strip())


def _write(path: Path, rows: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _print(metrics: Row, seconds: float) -> None:
    print("| domain | source | read | kept | rejected | exact, near | tokens |\n|---|---|---|---|---|---|---|")
    read = kept = 0
    for domain, sources in metrics["funnel"].items():
        for name, counts in sources.items():
            why = ", ".join(f"{reason} {n}" for reason, n in Counter(counts["rejected"]).most_common())
            twice = ", ".join(str(counts["duplicates"][kind]) for kind in ("exact", "near"))
            row = (domain, name, counts["read"], counts["kept"], why, twice, counts["tokens"])
            print(f"| {' | '.join(map(str, row))} |")
            read, kept = read + counts["read"], kept + counts["kept"]
    print(
        f"curation of real text: {read:,} documents, {kept:,} kept, {seconds:.0f} s, {read / seconds:,.0f} documents/s"
    )
    print(f"classifier: {metrics['quality']}", flush=True)


def _write_samples(root: Path) -> None:
    (place,) = (root / "state/curate.kept").glob("decided-*")
    files = sorted(place.glob("*.parquet"))
    lines = []
    for what, tables, spread in (("kept", decided.kept, "source"), ("rejected", decided.dropped, "filter")):
        drawn = _drawn((row for file in files for table in tables(file, _COLUMNS) for row in _rows(table)), spread)
        lines += [f"# {len(drawn)} {what}", *(_described(number, row) for number, row in enumerate(drawn, start=1))]
    (root / "samples.md").write_text("\n\n".join(lines) + "\n")
    print(f"samples: {root / 'samples.md'}")


def _rows(table: pa.Table) -> Iterator[Row]:
    yield from table.to_pylist()


def _drawn(rows: Iterator[Row], spread: str) -> list[Row]:
    """One of each domain and `spread` in turn, the first by hash, until there are enough."""
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["domain"]][row[spread]].append({**row, "hash": json_digest(["sample", row["id"]])})
    waiting = {domain: _in_turn(own) for domain, own in sorted(groups.items())}
    drawn: list[Row] = []
    while waiting and len(drawn) < SAMPLES:
        for domain in list(waiting):
            if row := next(waiting[domain], {}):
                drawn.append(row)
            else:
                del waiting[domain]
    return sorted(drawn[:SAMPLES], key=lambda row: (row["domain"], str(row[spread]), row["hash"]))


def _in_turn(groups: dict[str, list[Row]]) -> Iterator[Row]:
    """The first of every group, then the second of every group, and so on; each time in the order of hashes."""
    first = [heapq.nsmallest(SAMPLES, own, key=lambda row: row["hash"]) for own in groups.values()]
    for place in range(SAMPLES):
        yield from sorted((own[place] for own in first if place < len(own)), key=lambda row: row["hash"])


def _described(number: int, row: Row) -> str:
    value = "" if row["value"] is None else f", {row['value']:.3g}"
    fate = f"{row['filter']}: {row['reason']}{value}" if row["filter"] else "kept"
    text = row["text"]
    middle = f"\n[... {len(text) - SHOWN} characters ...]\n"
    shown = text if len(text) <= SHOWN else text[: SHOWN * 2 // 3] + middle + text[-SHOWN // 3 :]
    return f"## {number}. {row['id']} ({row['domain']})\n{fate}; {row['meta']}\n~~~~\n{shown}\n~~~~"
