"""Broken input of more than twenty kinds in one run of the stage: counted, explained, and what is good is kept."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image

from k15.artifacts import read_rows
from k15.curation import generators
from tests.stages.curate_params import SMALL
from tests.stages.test_curate import changed, curate, metrics

# Each is used once, or it would be a duplicate.
GOOD = [document.text for document in generators.generate("english", 120, 0.0, 11)]


def lines(texts: list[str]) -> bytes:
    return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()


def parquet(texts: list[Any]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), target)
    return target.getvalue()


def page(text: str) -> bytes:
    body = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><p>{text}</p></body>".encode()
    head = ["WARC/1.0", "WARC-Type: response", "WARC-Target-URI: http://a.test/", f"Content-Length: {len(body)}"]
    return (
        "\r\n".join([*head, "Content-Type: application/http; msgtype=response", "", ""]).encode() + body + b"\r\n\r\n"
    )


KINDS: dict[str, tuple[str, str, bytes, int, dict[str, int]]] = {
    # name → format, file, content, documents kept (-1: some), reasons of the others with their counts
    "not_utf8": ("jsonl", "a.jsonl", lines([GOOD[0]]) + b'{"text": "\xe9t\xe9"}\n', 1, {"not UTF-8 text": 1}),
    "utf16": (
        "jsonl",
        "a.jsonl",
        lines([GOOD[1]]) + '{"text": "b"}\n'.encode("utf-16"),
        1,
        {"not UTF-8 text": 1, "not JSON": 1},
    ),
    "cut_line": ("jsonl", "a.jsonl", lines([GOOD[2]]) + b'{"text": "cut of', 1, {"not JSON": 1}),
    "no_field": ("jsonl", "a.jsonl", lines([GOOD[3]]) + b'{"body": "x"}\n', 1, {"no field 'text'": 1}),
    "no_string": ("jsonl", "a.jsonl", lines([GOOD[4]]) + b'{"text": [1]}\n', 1, {"not a string": 1}),
    "surrogate": ("jsonl", "a.jsonl", lines([GOOD[5]]) + b'{"text": "\\ud800"}\n', 1, {"surrogate": 1}),
    "deep_json": ("jsonl", "a.jsonl", lines([GOOD[6]]) + b"[" * 99_999, 1, {"nested too deep": 1}),
    "huge_line": (
        "jsonl",
        "a.jsonl",
        lines([GOOD[7]]) + b'{"text": "' + b"x" * 10**8 + b'"}\n',
        1,
        {"32 MiB": 1},
    ),
    "cut_gzip": ("jsonl", "a.jsonl.gz", gzip.compress(lines(GOOD[40:80]))[:-200], -1, {"cut off": 1}),
    "cut_zstd": ("jsonl", "a.jsonl.zst", zstandard.compress(lines(GOOD[80:]))[:-9], -1, {"cut off": 1}),
    "no_gzip": ("jsonl", "a.jsonl.gz", lines([GOOD[9]]), 0, {"not gzip data": 1}),
    "bomb": ("text", "a.txt.gz", gzip.compress(b"x" * (300 << 20)), 0, {"MiB": 1}),
    "cut_parquet": ("parquet", "a.parquet", parquet([GOOD[10]])[:-20], 0, {"not a whole Parquet file": 1}),
    "null_rows": ("parquet", "a.parquet", parquet([GOOD[11], None]), 1, {"not a string": 1}),
    "cut_warc": ("warc", "a.warc", page(GOOD[12]) + page(GOOD[13])[:-60], 1, {"cut off": 1}),
    "no_warc": ("warc", "a.warc", b"no WARC at all\n" * 9, 0, {"no WARC record": 1}),
    "deep_html": ("html", "a.html", b"<div>" * 50_000, 0, {"nested more than": 1}),
    "no_html": ("html", "a.html", b"", 0, {"no text": 1}),
    "binary": ("text", "a.txt", b"MZ\0\0\0\0\1\2" * 99, 0, {"binary data": 1}),
    "empty": ("jsonl", "a.jsonl", b"", 0, {"holds no document": 1}),
    "spaces": ("text", "a.txt", b" \n \n", 0, {"holds no document": 1}),
    "no_tar": ("text", "a.tar", b"no archive" * 100, 0, {"archive is damaged": 1}),
    # Characters that hide or turn text are taken out; what is left is a text like any other.
    "hidden": ("jsonl", "a.jsonl", lines([f"\u202e{GOOD[14]}\u202c \u200b\0 {GOOD[15]}"]), 1, {}),
    "blank_texts": ("jsonl", "a.jsonl", lines([GOOD[16], "", " \u200b\n"]), 1, {"nothing left": 2}),
    "same_text": ("jsonl", "a.jsonl", lines([GOOD[17], GOOD[17]]), 1, {"same text": 1}),
}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("damage") / "run"
    root.mkdir()
    sources = []
    for name, (form, file, content, *_) in KINDS.items():
        (root / name).mkdir()
        (root / name / file).write_bytes(content)
        sources.append({"name": name, "path": f"{name}/{file}", "format": form, "domain": "english", "lang": "en"})
    (root / "pictures").mkdir()
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(picture, "PNG")
    for name, image in {
        "good.png": picture.getvalue(),
        "liar.jpg": b"GIF8" * 9,
        "cut.png": picture.getvalue()[:60],
    }.items():
        (root / "pictures" / name).write_bytes(image)
        (root / "pictures" / name).with_suffix(".txt").write_text(f"A caption of {name}.")
    if 0:
        sources.append({"name": "pictures", "path": "pictures", "format": "images", "domain": "english", "lang": "en"})
    bundled = {**SMALL["bundled"], "documents": {"math": 60}, "vision_documents": 5, "pictures": {}}
    quiet = {"records": 50, "min_yield": 0.0}
    done = curate(root, changed(sources=sources, bundled=bundled, validation=quiet))
    assert done.returncode == 0, done.stderr
    return root


def rejections(root: Path, source: str) -> list[dict[str, Any]]:
    return [row for row in read_rows(root / "artifacts/curate/rejections", "rejection") if row["source"] == source]


@pytest.mark.parametrize("name", KINDS)
def test_what_becomes_of_it(damaged: Path, name: str) -> None:
    _, _, _, kept, reasons = KINDS[name]
    counts, rejected = metrics(damaged)["funnel"]["english"][name], rejections(damaged, name)
    assert counts["read"] == counts["kept"] + len(rejected)
    assert counts["kept"] == kept or (kept < 0 and counts["kept"] < 40)
    for reason, count in reasons.items():
        assert sum(reason in row["reason"] for row in rejected) == count, [row["reason"] for row in rejected]


def test_pictures_that_lie(damaged: Path) -> None:
    kept = read_rows(damaged / "artifacts/curate/vision", "vision_document")
    assert [row["text"] for row in kept if row["source"] == "pictures"] == ["<image>\nA caption of good.png."]
    rejected = rejections(damaged, "pictures")
    assert len(rejected) == 2 and all(row["filter"] == "unreadable" and row["reason"] for row in rejected)
