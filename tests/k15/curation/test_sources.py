import gzip
import io
import json
import tarfile

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.curation.sources import Source, read
from k15.errors import UserError
from k15.params import parse_params


def source(path, form, **more):
    value = {"name": "mine", "path": path, "format": form, "domain": "english", "lang": "en", **more}
    return parse_params(Source, "curate.sources.0", value)


def texts(root, path, form, **more):
    return {document.id: document.text for document in read(source(path, form, **more), root)}


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_jsonl_ids_are_lines_and_fields_are_joined(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(jsonl({"q": "How?", "a": "So."}, {"q": "Who?", "a": "You."}) + b"\n")
    found = texts(tmp_path, "a.jsonl", "jsonl", text_field=["q", "a"])
    assert found == {"mine/a.jsonl:1": "How?\nSo.", "mine/a.jsonl:2": "Who?\nYou."}


def test_directories_are_walked_and_gzip_is_undone(tmp_path):
    (tmp_path / "d/sub").mkdir(parents=True)
    (tmp_path / "d/b.jsonl.gz").write_bytes(gzip.compress(jsonl({"text": "b"})))
    (tmp_path / "d/sub/a.jsonl").write_bytes(jsonl({"text": "a"}))
    (tmp_path / "d/.hidden.jsonl").write_bytes(b"not json")
    (tmp_path / "d/readme.txt").write_bytes(b"not json")
    assert texts(tmp_path, "d", "jsonl") == {"mine/b.jsonl.gz:1": "b", "mine/sub/a.jsonl:1": "a"}
    assert texts(tmp_path, "d/**/*.jsonl", "jsonl") == {"mine/sub/a.jsonl:1": "a"}
    assert texts(tmp_path, str(tmp_path / "d/b*"), "jsonl") == {"mine/b.jsonl.gz:1": "b"}


def test_parquet(tmp_path):
    pq.write_table(pa.table({"text": ["one", "two"], "n": [1, 2]}), tmp_path / "a.parquet")
    assert texts(tmp_path, "a.parquet", "parquet") == {"mine/a.parquet:1": "one", "mine/a.parquet:2": "two"}


def test_text_is_cut_where_the_source_says(tmp_path):
    (tmp_path / "book.txt").write_text("Front\n\nCHAPTER 1\nOne.\nCHAPTER 2\nTwo.\n")
    assert texts(tmp_path, "book.txt", "text") == {"mine/book.txt": "Front\n\nCHAPTER 1\nOne.\nCHAPTER 2\nTwo.\n"}
    assert texts(tmp_path, "book.txt", "text", split_before="^CHAPTER") == {
        "mine/book.txt#1": "Front\n\n",
        "mine/book.txt#2": "CHAPTER 1\nOne.\n",
        "mine/book.txt#3": "CHAPTER 2\nTwo.\n",
    }


def test_members_of_an_archive(tmp_path):
    with tarfile.open(tmp_path / "books.tar.gz", "w:gz") as archive:
        for name, text in {"x/b.txt": b"two", "x/a.txt": b"one", "x/cover.png": b"\xff"}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    expected = {"mine/books.tar.gz/x/b.txt": "two", "mine/books.tar.gz/x/a.txt": "one"}
    assert texts(tmp_path, "books.tar.gz", "text") == expected


def test_html_keeps_what_is_read(tmp_path):
    page = (
        "<html><head><title>T</title><style>p {}</style></head><body><nav><a>Home</a></nav>"
        "<p>One &amp; two\nlines<br>three</p><script>var x = '<p>';</script><ul><li>four</ul></body></html>"
    )
    (tmp_path / "page.html").write_text(page)
    assert texts(tmp_path, "page.html", "html") == {"mine/page.html": "One & two lines\nthree\nfour"}


def test_s3(tmp_path, s3_bucket):
    client, bucket = boto3.client("s3"), s3_bucket.removeprefix("s3://")
    for key, body in {"d/a.jsonl": jsonl({"text": "a"}), "d/e/b.jsonl.gz": gzip.compress(jsonl({"text": "b"}))}.items():
        client.put_object(Bucket=bucket, Key=key, Body=body)
    both = {"mine/a.jsonl:1": "a", "mine/e/b.jsonl.gz:1": "b"}
    assert texts(tmp_path, f"{s3_bucket}/d", "jsonl") == both
    assert texts(tmp_path, f"{s3_bucket}/d/*", "jsonl") == both
    assert texts(tmp_path, f"{s3_bucket}/d/a.jsonl", "jsonl") == {"mine/a.jsonl:1": "a"}
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["one"]}), table)
    client.put_object(Bucket=bucket, Key="t.parquet", Body=table.getvalue())
    assert texts(tmp_path, f"{s3_bucket}/t.parquet", "parquet") == {"mine/t.parquet:1": "one"}
    with pytest.raises(UserError, match=r"no \.jsonl"):
        texts(tmp_path, f"{s3_bucket}/nothing", "jsonl")


def whole_parquet():
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": ["one"] * 100, "n": [1] * 100}), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "more", "message"),
    [
        ("a.jsonl", b'{"text": "a"}\n{"text": "b', {}, "a.jsonl: line 2 is not JSON"),
        ("a.jsonl", b'{"text": "a"}\n["b"]\n', {}, "a.jsonl: line 2 is not a JSON object"),
        ("a.jsonl", b'{"text": "a"}\n{"txt": "b"}\n', {}, "line 2 has no field 'text' (it has txt)"),
        ("a.jsonl", b'{"text": 3}\n', {}, "line 1: field 'text' is not a string"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "\xe9"}\n', {}, "line 2 is not UTF-8"),
        ("a.jsonl", b"[" * 100_000, {}, "line 1 is not JSON (nested too deep)"),
        ("a.jsonl", b"\n\n", {}, "source 'mine' has no documents"),
        ("a.jsonl.gz", gzip.compress(jsonl({"text": "a"}))[:-9], {}, "damaged or cut off"),
        ("a.jsonl.gz", b'{"text": "a"}\n', {}, "damaged or cut off"),
        ("a.txt", b"one\ntwo \xff three\n", {}, "a.txt: line 2 is not UTF-8"),
        ("a.txt", b" \n ", {}, "source 'mine' has no documents"),
        ("a.tar.gz", b"no archive", {}, "damaged or cut off"),
        ("a.parquet", whole_parquet()[:-30], {}, "not a whole Parquet file"),
        ("a.parquet", b"PAR1", {}, "not a whole Parquet file"),
        ("a.parquet", whole_parquet(), {"text_field": "body"}, "has no field 'body' (it has n, text)"),
        ("a.parquet", whole_parquet(), {"text_field": "n"}, "row 1: field 'n' is not a string"),
    ],
)
def test_bad_files_are_one_line_with_file_and_place(tmp_path, name, content, more, message):
    (tmp_path / name).write_bytes(content)
    form = "text" if "tar" in name else name.split(".")[1].replace("txt", "text")
    with pytest.raises(UserError) as caught:
        texts(tmp_path, name, form, **more)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.jsonl", "missing.jsonl: no such file"),
        ("empty", "empty: no .jsonl or .ndjson file there"),
        ("*.jsonl", "*.jsonl: no .jsonl or .ndjson file there"),
    ],
)
def test_missing_files(tmp_path, path, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError) as caught:
        texts(tmp_path, path, "jsonl")
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
    ],
)
def test_bad_declarations(changed, message):
    with pytest.raises(UserError, match=message):
        source("a", **{"form": "jsonl", **({"form": changed["format"]} if "format" in changed else changed)})
