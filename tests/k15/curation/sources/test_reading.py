"""What users declare, and what they get of whole files of each format."""

import gzip
import io
import json
import pickle
import random
import tarfile

import boto3
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from k15.curation.sources import read, units
from k15.curation.sources.places import _version, within
from k15.errors import UserError


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def tar(members, mode="w"):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def test_jsonl_ids_are_lines_and_fields_are_joined(tmp_path, found):
    (tmp_path / "a.jsonl").write_bytes(jsonl({"q": "How?", "a": "So."}, {"q": "Who?", "a": "You."}) + b"\n")
    result = found("a.jsonl", "jsonl", text_field=["q", "a"])
    assert result.texts == {"mine/a.jsonl:1": "How?\nSo.", "mine/a.jsonl:2": "Who?\nYou."}
    assert not result.faults


def test_id_field_names_documents(tmp_path, found):
    records = [{"text": "a", "n": 7}, {"text": "b", "n": "x"}, {"text": "c", "n": 7}, {"text": "d", "n": None}]
    (tmp_path / "a.jsonl").write_bytes(jsonl(*records))
    result = found("a.jsonl", "jsonl", id_field="n")
    assert [(one.id, one.text) for one in result.documents] == [("mine/7", "a"), ("mine/x", "b"), ("mine/7", "c")]
    assert result.faults == {
        "mine/a.jsonl:4": "field 'n' names no document (it is neither a string nor an integer)",
    }
    assert result.broken[0].excerpt.startswith('{"text": "d"')


def test_code_is_found_by_the_names_of_its_files(tmp_path, found):
    """In directories and archives; whatever case their names have."""
    (tmp_path / "d").mkdir()
    for name in ("a.py", "b.CPP", "c.rs.gz", "notes.txt", "program.exe", ".hidden.py"):
        (tmp_path / "d" / name).write_bytes(gzip.compress(b"x = 1") if name.endswith("gz") else b"x = 1")
    (tmp_path / "d/more.tar").write_bytes(tar({"e/f.hs": b"y = 2", "e/input.txt": b"7"}))
    assert set(found("d", "text", domain="code").texts) == {
        "mine/a.py", "mine/b.CPP", "mine/c.rs.gz", "mine/more.tar/e/f.hs"
    }  # fmt: skip
    assert set(found("d", "text").texts) == {"mine/notes.txt", "mine/more.tar/e/input.txt"}


def test_directories_are_walked_and_compression_is_undone(tmp_path, found):
    (tmp_path / "d/sub").mkdir(parents=True)
    (tmp_path / "d/b.jsonl.gz").write_bytes(gzip.compress(jsonl({"text": "b"})) + gzip.compress(jsonl({"text": "B"})))
    (tmp_path / "d/c.jsonl.zst").write_bytes(zstandard.compress(jsonl({"text": "c"})) * 2)
    (tmp_path / "d/sub/a.jsonl").write_bytes(jsonl({"text": "a"}))
    (tmp_path / "d/.hidden.jsonl").write_bytes(b"not json")
    (tmp_path / "d/readme.txt").write_bytes(b"not json")
    both = {"mine/b.jsonl.gz:1": "b", "mine/b.jsonl.gz:2": "B"}
    more = {"mine/c.jsonl.zst:1": "c", "mine/c.jsonl.zst:2": "c", "mine/sub/a.jsonl:1": "a"}
    assert found("d", "jsonl").texts == both | more
    assert found("d/**/*.jsonl", "jsonl").texts == {"mine/sub/a.jsonl:1": "a"}
    assert found(str(tmp_path / "d/b*"), "jsonl").texts == both


def test_parquet(tmp_path, found):
    pq.write_table(pa.table({"text": ["one", "two"], "n": [1, 2]}), tmp_path / "a.parquet")
    assert found("a.parquet", "parquet").texts == {"mine/a.parquet:1": "one", "mine/a.parquet:2": "two"}
    assert found("a.parquet", "parquet", id_field="n").texts == {"mine/1": "one", "mine/2": "two"}
    (tmp_path / "a.tar").write_bytes(tar({"x.parquet": (tmp_path / "a.parquet").read_bytes()}))
    assert found("a.tar", "parquet").texts == {"mine/a.tar/x.parquet:1": "one", "mine/a.tar/x.parquet:2": "two"}


def test_text_is_cut_where_the_source_says(tmp_path, found):
    (tmp_path / "book.txt").write_text("Front\n\nCHAPTER 1\nOne.\nCHAPTER 2\nTwo.\n")
    assert found("book.txt", "text").texts == {"mine/book.txt": "Front\n\nCHAPTER 1\nOne.\nCHAPTER 2\nTwo.\n"}
    assert found("book.txt", "text", split_before="^CHAPTER").texts == {
        "mine/book.txt#1": "Front\n\n",
        "mine/book.txt#2": "CHAPTER 1\nOne.\n",
        "mine/book.txt#3": "CHAPTER 2\nTwo.\n",
    }


def test_a_text_of_any_size_is_cut_into_documents(tmp_path, found, monkeypatch):
    chapters = [f"CHAPTER {n}\n{'é' * (n * 97 % 300)}\n{n}\n" for n in range(400)]
    (tmp_path / "small.txt").write_text("Front\n" + "".join(chapters))
    whole = found("small.txt", "text", split_before="^CHAPTER").texts
    for module in ("streams", "text"):
        monkeypatch.setattr(f"k15.curation.sources.{module}.MAX_DOCUMENT", 2000)
    monkeypatch.setattr("k15.curation.sources.streams._BUFFER", 512)
    assert found("small.txt", "text", split_before="^CHAPTER").texts == whole
    (tmp_path / "long.txt").write_text("".join([*chapters[:9], "CHAPTER\n" + "x\n" * 5000, *chapters[9:]]))
    (tmp_path / "long.txt.gz").write_bytes(gzip.compress((tmp_path / "long.txt").read_bytes())[:-300])
    result = found("long.txt", "text", split_before="^CHAPTER")
    assert list(result.texts.values()) == chapters
    assert result.faults == {"mine/long.txt#10": "the document is larger than 32 MiB"}
    cut = found("long.txt.gz", "text", split_before="^CHAPTER")
    assert list(cut.texts.values()) == chapters[: len(cut.texts)]
    assert 9 < len(cut.texts) < 400
    assert list(cut.faults.values())[1:] == ["the gzip data is cut off"]


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.zst"])
def test_members_of_an_archive(tmp_path, found, suffix):
    long = f"{'deep/' * 40}c.txt.gz"
    content = tar({"x/b.txt": b"two", "./x/a.txt": b"one", "x/cover.png": b"\xff", long: gzip.compress(b"three")})
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.zst": zstandard.compress}[suffix]
    name = f"books.{suffix}"
    (tmp_path / name).write_bytes(pack(content))
    assert found(name, "text").texts == {
        f"mine/{name}/x/b.txt": "two",
        f"mine/{name}/x/a.txt": "one",
        f"mine/{name}/{long}": "three",
    }


def put(client, bucket, **objects):
    for key, body in objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=body)


def test_s3(tmp_path, s3_bucket, found):
    client, bucket = boto3.client("s3"), s3_bucket.removeprefix("s3://")
    put(client, bucket, **{"d/a.jsonl": jsonl({"text": "a"}), "d/e/b.jsonl.gz": gzip.compress(jsonl({"text": "b"}))})
    both = {"mine/a.jsonl:1": "a", "mine/e/b.jsonl.gz:1": "b"}
    assert found(f"{s3_bucket}/d", "jsonl").texts == both
    assert found(f"{s3_bucket}/d/**", "jsonl").texts == both
    assert found(f"{s3_bucket}/d/a.jsonl", "jsonl").texts == {"mine/a.jsonl:1": "a"}
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["one"]}), table)
    put(client, bucket, **{"t.parquet": table.getvalue(), "t.tar.gz": gzip.compress(tar({"x.txt": b"in"}))})
    assert found(f"{s3_bucket}/t.parquet", "parquet").texts == {"mine/t.parquet:1": "one"}
    assert found(f"{s3_bucket}/t.tar.gz", "text").texts == {"mine/t.tar.gz/x.txt": "in"}
    with pytest.raises(UserError, match=r"no \.jsonl"):
        found(f"{s3_bucket}/nothing", "jsonl")


def test_s3_and_local_input_are_the_same_documents(tmp_path, s3_bucket, found, monkeypatch):
    monkeypatch.setattr("k15.curation.sources.cutting.UNIT", 1 << 20)
    client, bucket = boto3.client("s3"), s3_bucket.removeprefix("s3://")
    rng = random.Random(1)
    content = jsonl(*({"text": "x" * rng.randrange(4000)} for _ in range(2000)))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.jsonl").write_bytes(content)
    put(client, bucket, **{"d/a.jsonl": content})
    assert found("d", "jsonl").texts == found(f"{s3_bucket}/d", "jsonl").texts


def test_other_addresses_are_those_of_fsspec(found):
    system = fsspec.filesystem("memory")
    for name, content in {"/set/a.jsonl": jsonl({"text": "a"}), "/set/more/b.jsonl": jsonl({"text": "b"})}.items():
        system.pipe_file(name, content)
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["one"]}), table)
    system.pipe_file("/set/data/t.parquet", table.getvalue())
    assert found("memory://set", "jsonl").texts == {"mine/a.jsonl:1": "a", "mine/more/b.jsonl:1": "b"}
    assert found("memory://set/a.jsonl", "jsonl").texts == {"mine/a.jsonl:1": "a"}
    assert found("memory://set/**/*.parquet", "parquet").texts == {"mine/data/t.parquet:1": "one"}
    with pytest.raises(UserError, match="nosuch"):
        found("nosuch://set", "jsonl")
    with pytest.raises(UserError, match=r"no \.parquet file there"):
        found("memory://elsewhere", "parquet")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_large_files_are_cut_and_cuts_leave_nothing_out(tmp_path, declare, monkeypatch, form):
    rng = random.Random(2)
    texts = [rng.choice("abc") * rng.randrange(1, 300) for _ in range(500)]
    if form == "jsonl":
        (tmp_path / "a.jsonl").write_bytes(jsonl(*({"text": text} for text in texts)))
    else:
        rows = pa.table({"text": texts})
        pq.write_table(rows, tmp_path / "a.parquet", row_group_size=37, compression="none", use_dictionary=False)
    source = declare(f"a.{form}", form)
    results = []
    for size in (1000, 4096, 30_000):
        monkeypatch.setattr("k15.curation.sources.cutting.UNIT", size)
        cut = units(source, tmp_path)
        assert len(cut) > 1
        assert pickle.loads(pickle.dumps(cut)) == cut
        documents = [document for unit in cut for document in read(source, unit, tmp_path)]
        assert [document.text for document in documents] == texts
        results.append([document.id for document in documents])
    assert results[0] == results[1] == results[2]
    assert len(set(results[0])) == len(texts)


GLOBS = ["d/*", "d/**", "d/**/*.jsonl", "d/*/*", "d/[ab]*", "d/?.jsonl", "*/a*", "d/e/.*", "d/x**", "**/a.jsonl", "*"]


@pytest.mark.parametrize("pattern", GLOBS)
def test_a_glob_means_the_same_files_everywhere(tmp_path, s3_bucket, pattern):
    keys = ["d/a.jsonl", "d/e/b.jsonl", "d/e/f/a.jsonl", "d/e/.c.jsonl", "d/.h/a.jsonl", "d/x.y.jsonl", "b.jsonl"]
    client, bucket = boto3.client("s3"), s3_bucket.removeprefix("s3://")
    memory = fsspec.filesystem("memory")
    for key in keys:
        (tmp_path / "local" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / key).write_bytes(b"{}\n")
        client.put_object(Bucket=bucket, Key=key, Body=b"{}\n")
        memory.pipe_file(f"/globs/{key}", b"{}\n")
    client.put_object(Bucket=bucket, Key="d/e/", Body=b"")
    local = [place.url.removeprefix("local/") for place in within(f"local/{pattern}", tmp_path, ())]
    at_s3 = [place.url.removeprefix(f"{s3_bucket}/") for place in within(f"{s3_bucket}/{pattern}", tmp_path, ())]
    at_fsspec = [place.url.rpartition("/globs/")[2] for place in within(f"memory://globs/{pattern}", tmp_path, ())]
    assert local
    assert sorted(local) == sorted(at_s3) == sorted(at_fsspec)


def test_names_in_capitals(tmp_path, found):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/A.TXT").write_text("one")
    (tmp_path / "d/B.Txt.GZ").write_bytes(gzip.compress(b"two"))
    (tmp_path / "d/C.TAR.GZ").write_bytes(gzip.compress(tar({"E.MD": b"three"})))
    assert found("d", "text").texts == {"mine/A.TXT": "one", "mine/B.Txt.GZ": "two", "mine/C.TAR.GZ/E.MD": "three"}


def test_units_tell_when_a_file_has_other_content(tmp_path, declare):
    """Those of a file system that tells nothing of its files are new at every look."""
    fsspec.filesystem("memory").pipe_file("/fresh/a.jsonl", b"{}\n")
    (tmp_path / "a.jsonl").write_bytes(b"{}\n")
    for path in ("memory://fresh", "a.jsonl"):
        source = declare(path, "jsonl")
        assert units(source, tmp_path) == units(source, tmp_path)
    assert _version({"name": "a", "size": 1}) != _version({"name": "a", "size": 1})
    assert _version({"size": 1, "blob_id": "x"}) == _version({"size": 2, "blob_id": "x"})


def test_small_files_share_a_unit(tmp_path, declare):
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text("text")
    assert [len(unit.spans) for unit in units(declare("*.txt", "text"), tmp_path)] == [30]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.jsonl", "missing.jsonl: no such file"),
        ("empty", "empty: no .jsonl or .ndjson file there"),
        ("*.jsonl", "*.jsonl: no .jsonl or .ndjson file there"),
    ],
)
def test_missing_files(tmp_path, found, path, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError) as caught:
        found(path, "jsonl")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": "csv"}, "format must be one of"),
        ({"domain": "french"}, "domain must be one of"),
        ({"name": "generated"}, "names the bundled generators"),
        ({"name": "a/b"}, "name"),
        ({"split_before": "("}, "not a regular expression"),
        ({"text_fields": "x"}, "unknown key curate.sources.0.text_fields"),
        ({"weight": 0}, "weight must be greater than 0"),
        ({"damage": "ignore"}, "damage must be one of"),
    ],
)
def test_bad_declarations(declare, changed, message):
    with pytest.raises(UserError, match=message):
        declare("a", **{"form": "jsonl", **({"form": changed["format"]} if "format" in changed else changed)})
