"""The curate stage as its command line runs it, at a small size; and on real data where that is at hand."""

import copy
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from ruamel.yaml import YAML

from k15.artifacts import read_manifest, read_rows, verify
from k15.curation import generators
from k15.stage import main
from k15.tokenizer import END_OF_TEXT, PAD, Tokenizer
from stages.curate.run import STAGE
from tests.stages.curate_params import SHARES, SMALL

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("K15_DATA", REPOSITORY.parent / "shared/data"))
ARTIFACTS = {
    "documents": "document",
    "rejections": "rejection",
    "clusters": "cluster",
    "vision": "vision_document",
    "tokens": "tokens",
    "tokenizer": "tokenizer",
}


def write_params(root: Path, params: dict[str, Any], guarded: Sequence[dict[str, Any]] = (), workers: int = 2) -> None:
    root.mkdir(exist_ok=True)
    others = {
        "benchmarks": {"sets": [], "guarded": list(guarded)},
        "workers": {"engine": "local", "count": workers, "slurm": None},
    }
    YAML().dump({"curate": params, **others}, root / "params.yaml")


def start(root: Path, *arguments: str, hash_seed: str = "0") -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "stages.curate", *arguments, "--root", str(root)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, cwd=REPOSITORY)


def curate(
    root: Path, params: dict[str, Any], hash_seed: str = "0", guarded: Sequence[dict[str, Any]] = (), workers: int = 2
) -> subprocess.CompletedProcess[str]:
    write_params(root, params, guarded, workers)
    process = start(root, hash_seed=hash_seed)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def changed(**keys: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SMALL), **keys}


def metrics(root: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((root / "metrics/curate.json").read_text())
    return result


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("curate") / "run"
    done = curate(root, SMALL, "1")
    assert done.returncode == 0, done.stderr
    return root


def digests(root: Path) -> dict[str, str]:
    return {name: read_manifest(root / "artifacts/curate" / name).digest for name in ARTIFACTS}


def test_all_artifacts(run: Path) -> None:
    for name, schema in ARTIFACTS.items():
        manifest = verify(run / "artifacts/curate" / name, schema=schema)
        assert manifest.params["curate"]["train_tokens"]["pretrain"] == 30000


def test_one_worker_gives_the_same_digests_as_two(run: Path, tmp_path: Path) -> None:
    assert curate(tmp_path / "again", SMALL, "2", workers=1).returncode == 0
    assert digests(run) == digests(tmp_path / "again")


def test_a_killed_run_goes_on(run: Path, tmp_path: Path) -> None:
    root = tmp_path / "run"
    write_params(root, SMALL)
    for wanted in ("measures-*/*.parquet", "judged-*/*.parquet", "decided-*/*.parquet"):
        process = start(root)
        while not list((root / "state/curate.kept").glob(wanted)):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.kill()
        process.communicate()
    measured = {path: path.stat().st_mtime_ns for path in (root / "state/curate.kept").glob("measures-*/*.parquet")}
    assert curate(root, SMALL).returncode == 0
    assert measured and all(path.stat().st_mtime_ns == made for path, made in measured.items())
    assert digests(root) == digests(run)


def test_another_threshold_measures_nothing_again(run: Path, tmp_path: Path) -> None:
    root = tmp_path / "run"
    shutil.copytree(run, root)
    kept = root / "state/curate.kept"
    steps = [path for step in ("generated", "measures", "signatures") for path in kept.glob(f"{step}-*/*")]
    before = {path: path.stat().st_mtime_ns for path in steps}
    stricter = copy.deepcopy(SMALL)
    stricter["filters"]["english"]["characters"]["min"] = 100
    assert curate(root, stricter).returncode == 0
    assert before and all(path.stat().st_mtime_ns == made for path, made in before.items())
    ours, theirs = (metrics(one)["funnel"]["english"]["generated"]["rejected"]["characters"] for one in (root, run))
    assert ours > theirs


def test_the_funnel_adds_up(run: Path) -> None:
    kept, rejected = 0, 0
    for sources in metrics(run)["funnel"].values():
        for counts in sources.values():
            dropped = sum(counts["rejected"].values()) + sum(counts["duplicates"].values())
            assert counts["read"] == dropped + counts["kept"]
            kept, rejected = kept + counts["kept"], rejected + dropped
    documents = read_rows(run / "artifacts/curate/documents", "document")
    assert len(documents) + len(read_rows(run / "artifacts/curate/vision", "vision_document")) == kept
    assert len(read_rows(run / "artifacts/curate/rejections", "rejection")) == rejected
    assert sum(sum(s["generated"]["duplicates"].values()) for s in metrics(run)["funnel"].values()) > 40


def test_planted_junk_is_caught_and_clean_documents_are_kept(run: Path) -> None:
    for domain, kinds in metrics(run)["planted"].items():
        for kind, counts in kinds.items():
            share = counts["rejected"] / counts["documents"]
            # The edit of a very short near duplicate may be a large part of it.
            expected = share < 0.06 if kind == "clean" else share > (0.6 if kind == "near_duplicate" else 0.9)
            assert expected, (domain, kind, counts)


def test_blocks_are_the_documents_of_their_split(run: Path) -> None:
    tokenizer = Tokenizer.load(run / "artifacts/curate/tokenizer")
    assert tokenizer.vocab_size == 400
    documents = read_rows(run / "artifacts/curate/documents", "document")
    texts: dict[tuple[str, str], list[str]] = {}
    for d in documents:
        ids = [*tokenizer.encode(d["text"]), END_OF_TEXT]
        texts.setdefault((d["domain"], d["split"]), []).append(spelt(ids))
    joined = {place: "|".join(own) for place, own in texts.items()}
    pieces: dict[tuple[str, str], list[str]] = {}
    for row in read_rows(run / "artifacts/curate/tokens", "tokens"):
        ends = np.cumsum(row["lengths"])
        assert len(row["tokens"]) == 64 and set(row["tokens"][ends[-1] :]) <= {PAD}
        found = [spelt(row["tokens"][end - n : end]) for end, n in zip(ends, row["lengths"], strict=True)]
        pieces.setdefault((row["domain"], row["split"]), []).extend(found)
    assert {split for _, split in pieces} == {"train", "validation"}
    for (domain, split), found in pieces.items():
        assert all(piece in joined[domain, split] for piece in found)
        if split == "validation":  # read once: as many tokens come out as went in
            assert sum(map(len, found)) == sum(map(len, texts[domain, split]))


def spelt(ids: list[int]) -> str:
    return "".join(f" {i} " for i in ids)


def test_the_mixture_sets_the_tokens(run: Path) -> None:
    found = metrics(run)
    tokenizer = Tokenizer.load(run / "artifacts/curate/tokenizer")
    rows = read_rows(run / "artifacts/curate/documents", "document")
    for stage, total in SMALL["train_tokens"].items():
        shares = SMALL["mixture"][stage]
        for domain in shares:
            own = [row for row in rows if (row["domain"], row["split"]) == (domain, "train")]
            longest = max(row["tokens"] for row in own)
            wanted = shares[domain] / sum(shares.values()) * total
            # The last document is read or not.
            assert found["tokens"][stage].get(domain, 0) == pytest.approx(wanted, abs=longest / 2)
    for row in rows[:50]:
        assert row["tokens"] == len(tokenizer.encode(row["text"])) + 1
    own = [row for row in rows if (row["domain"], row["split"]) == ("code", "train")]
    code = {json.loads(row["meta"])["programming_language"]: row["weight"] for row in own}
    assert len(code) > 1 and code["python"] > code["other"] > 0
    assert found["train_tokens"] == sum(found["tokens"]["pretrain"].values())
    assert found["occupancy"] > 0.97


def test_user_sources_take_the_same_way(tmp_path: Path) -> None:
    lines = ["The cat sat on the mat and it was glad.", "The cat sat on the mat and it was glad.", "xyz"]
    root = tmp_path / "run"
    root.mkdir()
    (root / "mine.jsonl").write_text("".join(json.dumps({"body": line}) + "\n" for line in lines))
    source = {"name": "mine", "path": "mine.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}
    done = curate(root, changed(sources=[{**source, "text_field": "body"}]))
    assert done.returncode == 0, done.stderr
    counts = metrics(root)["funnel"]["english"]["mine"]
    assert counts.pop("tokens") > 0
    assert counts == {
        "read": 3, "kept": 1, "rejected": {"characters": 1}, "duplicates": {"exact": 1, "near": 0, "embedding": 0}
    }  # fmt: skip


def contents(root: Path) -> dict[str, Any]:
    """Of all artifacts, without the params, which say where the input was."""
    return {name: read_manifest(root / "artifacts/curate" / name).files for name in ARTIFACTS}


def test_how_records_are_spread_over_files_changes_nothing(tmp_path: Path, s3_bucket: str) -> None:
    """One file, two, seven in another order, seven objects; named by a field."""
    made = generators.generate("english", 300, 0.2, 5)
    records = [{"id": f"{n:04}", "text": document.text} for n, document in enumerate(made)]
    shuffled = random.Random(1).sample(records, len(records))
    source = {"name": "mine", "format": "jsonl", "domain": "english", "lang": "en", "id_field": "id"}
    bundled = {**SMALL["bundled"], "documents": {"math": 40}, "vision_documents": 5, "pictures": {}}
    found = []
    for number, (given, files) in enumerate([(records, 1), (records, 2), (shuffled, 7), (shuffled[::-1], 7)]):
        directory = tmp_path / f"input{number}"
        directory.mkdir()
        for file in range(files):
            lines = "".join(json.dumps(record) + "\n" for record in given[file::files])
            (directory / f"{file}.jsonl").write_text(lines)
        path = str(directory) if number < 3 else f"{s3_bucket}/input"
        if number == 3:
            for file in directory.iterdir():
                boto3.client("s3").upload_file(str(file), s3_bucket.removeprefix("s3://"), f"input/{file.name}")
        root = tmp_path / f"run{number}"
        done = curate(root, changed(sources=[{**source, "path": path}], bundled=bundled), workers=1 + number % 2)
        assert done.returncode == 0, done.stderr
        found.append(contents(root))
    assert found[0] == found[1] == found[2] == found[3]


CLASSIFIER = {"buckets": 64, "dimensions": 4, "words": 16, "epochs": 1, "batch": 8, "lr": 0.05, "heldout": 0.2}
QUALITY = {**SMALL["quality"], "classifier": CLASSIFIER}
SEEDS = SMALL["quality"]["seeds"]
SOURCE = {"name": "mine", "path": "mine.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sources": [SOURCE]}, "mine.jsonl: no such file"),
        ({"sources": [SOURCE, SOURCE]}, "two sources are called 'mine'"),
        ({"bundled": {**SMALL["bundled"], "documents": {}}}, "nothing to curate"),
        ({"bundled": {**SMALL["bundled"], "pictures": {"cats": 3}}}, "no pictures of kind 'cats'"),
        ({"filters": {**SMALL["filters"], **{d: {"characters": {"min": 1e6}} for d in SMALL["filters"]}}}, "loosen"),
        ({"block_length": 10**6}, "too few tokens for one block"),
        ({"mixture": {**SMALL["mixture"], "cooldown": dict.fromkeys(SHARES, 0.0)}}, "mixture.cooldown"),
        ({"tokenizer": {**SMALL["tokenizer"], "vocab_size": 100}}, "tokenizer.vocab_size must be at least 264"),
        ({"tokenizer": {**SMALL["tokenizer"], "reuse": "none"}}, "no tokenizer there; correct curate.tokenizer.reuse"),
        ({"validation_fraction": 1.0}, "validation_fraction must be less than 1"),
        (
            {"quality": {**QUALITY, "seeds": {**SEEDS, "good": ["web"]}}},
            "quality.seeds names 'web', which is no source",
        ),
        ({"quality": {**QUALITY, "seeds": {**SEEDS, "bundled": False}}}, "no text is an example of good ones"),
        ({"block_length": "256"}, "block_length must be an integer"),
        ({"blocklength": 3}, "did you mean `block_length`?"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: dict[str, Any], message: str
) -> None:
    write_params(tmp_path, changed(**keys))
    assert main(STAGE, ["--root", str(tmp_path)]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert message in line
    assert not (tmp_path / "artifacts").exists() and not (tmp_path / "metrics").exists()


WEB = [
    "The old mill stands by the river, and in the spring the water is high and the wheel turns all day.",
    "A train leaves the town at nine and travels sixty miles an hour; how many miles has it gone by noon?",
    "In the garden there were roses of every colour, and the bees came to them from the morning on.",
]


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A run on a source with a broken line, with an evaluation set that holds its second document."""
    root = tmp_path / "run"
    root.mkdir()
    lines = [json.dumps({"text": text}) for text in WEB]
    (root / "web.jsonl").write_text("\n".join([lines[0], lines[1], '{"text": "cut of', lines[2]]) + "\n")
    (root / "test.jsonl").write_text(json.dumps({"question": WEB[1].upper()}) + "\n")
    source = {"name": "web", "path": "web.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}
    guarded = {"name": "trains", "path": "test.jsonl", "fields": ["question"]}
    done = curate(root, changed(sources=[source], validation={"records": 9, "min_yield": 0.5}), guarded=[guarded])
    assert done.returncode == 0, done.stderr
    return root


def test_what_becomes_of_every_record(web: Path) -> None:
    """A broken line is counted and explained, an evaluation item is taken out, the others are read."""
    counts = metrics(web)["funnel"]["english"]["web"]
    assert (counts["read"], counts["kept"], counts["rejected"]) == (4, 2, {"contaminated": 1, "unreadable": 1})
    rejections = {row["filter"]: row for row in read_rows(web / "artifacts/curate/rejections", "rejection")}
    assert rejections["contaminated"]["id"] == "web/web.jsonl:2"
    assert rejections["contaminated"]["reason"] == "holds trains/1" and rejections["contaminated"]["value"] == 1.0
    assert rejections["unreadable"]["id"] == "web/web.jsonl:3" and "JSON" in rejections["unreadable"]["reason"]


@pytest.mark.parametrize("files", [1, 3])
def test_an_id_that_comes_twice_costs_no_good_text(tmp_path: Path, files: int) -> None:
    """Of the texts that pass one keeps the id: neither one that fails a rule nor one that repeats another counts."""
    other = "A boat goes down the river in the evening, and the people on the bridge wave to it with their hats."
    last = "He wrote a long letter to his brother, and on the next day the answer came with the first post."
    given = [("a", WEB[0]), ("b", "x"), ("b", WEB[1]), ("c", WEB[2]), ("c", other), ("d", other), ("d", "y")]
    given += [("e", WEB[2]), ("f", last), ("f", last)]
    root = tmp_path / "run"
    (root / "in").mkdir(parents=True)
    for file in range(files):
        lines = [json.dumps({"n": name, "text": text}) + "\n" for name, text in given[file::files]]
        (root / f"in/{file}.jsonl").write_text("".join(lines))
    source = {"name": "s", "path": "in", "format": "jsonl", "domain": "english", "lang": "en", "id_field": "n"}
    done = curate(root, changed(sources=[source]))
    assert done.returncode == 0, done.stderr
    kept = [row["text"] for row in read_rows(root / "artifacts/curate/documents", "document") if row["source"] == "s"]
    assert sorted(kept) == sorted({text for _, text in given if len(text) > 1})
    counts = metrics(root)["funnel"]["english"]["s"]
    assert (counts["read"], counts["kept"]) == (10, 5)
    rejected = [row for row in read_rows(root / "artifacts/curate/rejections", "rejection") if row["source"] == "s"]
    assert sorted(row["filter"] for row in rejected)[:2] == ["characters", "characters"] and len(rejected) == 5
    clusters = [row for row in read_rows(root / "artifacts/curate/clusters", "cluster") if row["id"].startswith("s/")]
    assert len({row["id"] for row in clusters}) == len(clusters)


def test_explain_tells_a_documents_story(web: Path) -> None:
    out, err = start(web, "explain", "web/web.jsonl:1", "web/web.jsonl:2").communicate()
    assert not err, err
    first, second = out.split("\n\nweb/web.jsonl:2")
    assert "source web, domain english" in first and "begins: The old mill" in first
    assert "✓ min 10" in first and "Kept: " in first and "No duplicates." in first
    assert "Dropped: contaminated, holds trains/1." in second
    process = start(web, "explain", "web/none:1")
    _, err = process.communicate()
    assert process.returncode == 2 and err.startswith("k15 curate: error: no document is called 'web/none:1'")


def test_validate_shows_a_source(web: Path) -> None:
    out, err = start(web, "validate", "web").communicate()
    assert not err and out.startswith("web: 3 of 4 records pass (75%), 1 unreadable\n")
    assert "languages: en 3" in out and "kept: The old mill" in out


def test_a_source_that_is_not_what_it_says_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "junk.jsonl").write_text('{"text": "x"}\n' * 20)
    source = {"name": "junk", "path": "junk.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}
    write_params(tmp_path, changed(sources=[source]))
    assert main(STAGE, ["--root", str(tmp_path)]) == 2
    assert (
        "source 'junk': 0 of 20 sampled records pass and 10% must (dropped: characters 20)" in capsys.readouterr().err
    )
    write_params(tmp_path, changed(sources=[{**source, "text_field": "body"}]))
    assert main(STAGE, ["--root", str(tmp_path)]) == 2
    assert "(dropped: unreadable 20; it has no field 'body' (it has text))" in capsys.readouterr().err


def test_an_evaluation_set_that_cannot_be_read_ends_the_run_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test.jsonl").write_text('{"question": ""}\n')
    write_params(tmp_path, SMALL, [{"name": "test", "path": "test.jsonl", "fields": ["question"]}])
    assert main(STAGE, ["--root", str(tmp_path)]) == 2
    assert "line 1: field 'question' must be a text" in capsys.readouterr().err
    assert not list((tmp_path / "state").rglob("*.parquet"))


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")
def test_real_data_in_one_run(tmp_path: Path) -> None:
    chapter = r"^ *(?:CHAPTER|Chapter) [IVXLC\d]+"
    declared = [
        ("books", "book_editions/alice_in_wonderland", "text", "english", {"split_before": chapter}),
        ("web", "web_pages_readability/*/source.html*", "html", "english", {}),
        ("c4", "c4_sample", "jsonl", "english", {}),
        ("chinese_books", "chinese_books/论语.tar.gz", "text", "chinese", {}),
        ("gsm8k", "gsm8k", "jsonl", "math", {"text_field": ["question", "answer"]}),
        ("mbpp", "mbpp", "jsonl", "code", {"text_field": ["text", "code"]}),
    ]
    sources = [
        {"name": n, "path": str(DATA / p), "format": f, "domain": d, "lang": "zh" if d == "chinese" else "en", **more}
        for n, p, f, d, more in declared
    ]
    bundled = {"documents": {"knowledge": 50}, "junk_share": 0.0, "vision_documents": 5, "pictures": {}}
    done = curate(tmp_path / "run", changed(sources=sources, bundled=bundled))
    assert done.returncode == 0, done.stderr
    funnel = metrics(tmp_path / "run")["funnel"]
    kept = {name: counts["kept"] for sources in funnel.values() for name, counts in sources.items()}
    assert set(kept) == {"generated", *(name for name, *_ in declared)}
    assert all(kept.values())
    # Three editions of twelve chapters: one of each is enough.
    editions = funnel["english"]["books"]["duplicates"]
    assert editions["exact"] + editions["near"] >= 20
