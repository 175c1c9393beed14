"""The curate stage as its command line runs it, at a small size; and on real data where that is at hand."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from k15.artifacts import read_manifest, read_rows, verify
from k15.stage import main
from k15.tokenizer import END_OF_TEXT, PAD, Tokenizer
from stages.curate.run import STAGE

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("K15_DATA", REPOSITORY.parent / "shared/data"))
ARTIFACTS = {
    "documents": "document",
    "rejections": "rejection",
    "vision": "vision_document",
    "tokens": "tokens",
    "tokenizer": "tokenizer",
}
PROSE = {
    "characters": {"min": 10},
    "longest_word": {"max": 60},
    "boilerplate_lines": {"max": 0.2},
    "repeated_lines": {"max": 0.5},
}
SMALL: dict[str, Any] = {
    "seed": 1,
    "bundled": {
        "documents": {"english": 150, "chinese": 150, "code": 120, "math": 150, "knowledge": 150},
        "junk_share": 0.2,
        "vision_documents": 20,
    },
    "sources": [],
    "filters": {
        "english": {**PROSE, "stop_word_share": {"min": 0.1}, "punctuated_lines": {"min": 0.06}},
        "chinese": {**PROSE, "han_share": {"min": 0.3}, "stop_word_share": {"min": 0.01}},
        "code": {**PROSE, "code_lines": {"min": 0.3}},
        "math": {**PROSE, "vowelless_words": {"max": 0.5}, "quantities": {"min": 2}},
        "knowledge": {**PROSE, "vowelless_words": {"max": 0.5}},
    },
    "dedup": {"ngram": 5, "bands": 14, "rows": 8, "threshold": 0.7},
    "validation_fraction": 0.15,
    "vocab_size": 400,
    "block_length": 64,
    "train_tokens": 30000,
    "mixture": {"english": 0.2, "chinese": 0.1, "code": 0.2, "math": 0.3, "knowledge": 0.2},
}


def curate(root: Path, params: dict[str, Any], hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    root.mkdir(exist_ok=True)
    YAML().dump({"curate": params}, root / "params.yaml")
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "stages.curate", "--root", str(root)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=REPOSITORY)


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


def test_five_artifacts(run: Path) -> None:
    for name, schema in ARTIFACTS.items():
        manifest = verify(run / "artifacts/curate" / name, schema=schema)
        assert manifest.params["curate"]["train_tokens"] == 30000


def test_the_same_params_give_the_same_digests(run: Path, tmp_path: Path) -> None:
    assert curate(tmp_path / "again", SMALL, "2").returncode == 0
    for name in ARTIFACTS:
        first, second = (read_manifest(root / "artifacts/curate" / name) for root in (run, tmp_path / "again"))
        assert first.digest == second.digest, name


def test_the_funnel_adds_up(run: Path) -> None:
    kept, rejected = 0, 0
    for sources in metrics(run)["funnel"].values():
        for counts in sources.values():
            dropped = sum(counts["rejected"].values()) + sum(counts["duplicates"].values())
            assert counts["read"] == dropped + counts["kept"]
            kept, rejected = kept + counts["kept"], rejected + dropped
    assert len(read_rows(run / "artifacts/curate/documents", "document")) == kept
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
    for domain, share in SMALL["mixture"].items():
        own = [row for row in rows if (row["domain"], row["split"]) == (domain, "train")]
        longest = max(len(tokenizer.encode(row["text"])) + 1 for row in own)
        tokens = found["tokens"][domain]["train"]
        # The last document is read or not.
        assert tokens == pytest.approx(share * 30000, abs=longest / 2)
        assert list({row["weight"] for row in own}) == [pytest.approx(found["multiplicity"][domain], abs=1e-3)]
    assert found["train_tokens"] == sum(split["train"] for split in found["tokens"].values())


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
        "read": 3, "kept": 1, "rejected": {"characters": 1}, "duplicates": {"exact": 1, "near": 0}
    }  # fmt: skip


SOURCE = {"name": "mine", "path": "mine.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sources": [SOURCE]}, "mine.jsonl: no such file"),
        ({"sources": [SOURCE, SOURCE]}, "two sources are called 'mine'"),
        ({"bundled": {"documents": {}, "junk_share": 0, "vision_documents": 0}}, "nothing to curate"),
        ({"filters": {**SMALL["filters"], **{d: {"characters": {"min": 1e6}} for d in SMALL["filters"]}}}, "loosen"),
        ({"block_length": 10**6}, "too few tokens for one block"),
        ({"mixture": dict.fromkeys(SMALL["mixture"], 0.0)}, "mixture"),
        ({"vocab_size": 100}, "vocab_size must be at least 264"),
        ({"validation_fraction": 1.0}, "validation_fraction must be less than 1"),
        ({"block_length": "256"}, "block_length must be an integer"),
        ({"blocklength": 3}, "did you mean `block_length`?"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: dict[str, Any], message: str
) -> None:
    YAML().dump({"curate": changed(**keys)}, tmp_path / "params.yaml")
    assert main(STAGE, ["--root", str(tmp_path)]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


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
    bundled = {"documents": {"knowledge": 50}, "junk_share": 0.0, "vision_documents": 5}
    done = curate(tmp_path / "run", changed(sources=sources, bundled=bundled))
    assert done.returncode == 0, done.stderr
    funnel = metrics(tmp_path / "run")["funnel"]
    kept = {name: counts["kept"] for sources in funnel.values() for name, counts in sources.items()}
    assert set(kept) == {"generated", *(name for name, *_ in declared)}
    assert all(kept.values())
    # Three editions of twelve chapters: one of each is enough.
    editions = funnel["english"]["books"]["duplicates"]
    assert editions["exact"] + editions["near"] >= 20
