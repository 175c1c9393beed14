"""Crawl archives, whole and damaged."""

import gzip
import os
import zlib
from pathlib import Path

import pytest
import zstandard

DATA = Path(os.environ.get("K15_DATA", Path(__file__).resolve().parents[5] / "shared/data"))
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")

PAGE = "<html><body><h1>Title {0}</h1><p>A paragraph about page number {0}, long enough to be read.</p></body></html>"


def record(uri, payload, kind="response", **headers):
    names = {"WARC-Type": kind, "WARC-Target-URI": uri, "WARC-Date": "2024-01-01T00:00:00Z", **headers}
    names |= {"WARC-Record-ID": "<urn:uuid:00000000-0000-0000-0000-000000000001>", "Content-Length": len(payload)}
    if kind == "response":
        names["Content-Type"] = "application/http; msgtype=response"
    head = "".join(f"{name}: {value}\r\n" for name, value in names.items())
    return f"WARC/1.0\r\n{head}\r\n".encode() + payload + b"\r\n\r\n"


def answer(body, status="200 OK", kind="text/html; charset=utf-8", **headers):
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def page(number, **options):
    return record(f"http://a.test/{number}", answer(PAGE.format(number).encode(), **options))


def pages(result):
    return [int(url.rpartition("/")[2]) for url in result.texts]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("each", [True, False])
def test_pages_by_address(tmp_path, found, pack, each):
    parts = [page(number) for number in range(5)]
    parts.insert(2, record("http://a.test/2", b"GET / HTTP/1.1\r\n\r\n", "request"))
    (tmp_path / "a.warc").write_bytes(b"".join(map(pack, parts)) if each else pack(b"".join(parts)))
    result = found("a.warc", "warc")
    assert pages(result) == [0, 1, 2, 3, 4]
    assert not result.faults
    document = result.documents[0]
    assert document.text == "Title 0\n\nA paragraph about page number 0, long enough to be read."
    assert document.meta == {"url": "http://a.test/0", "date": "2024-01-01T00:00:00Z"}


def test_what_is_no_page_is_counted_and_no_reason_to_refuse(tmp_path, found):
    parts = [
        record("http://a.test/0", answer(b"<p>gone</p>", status="404 Not Found")),
        record("http://a.test/1", answer(b"\x89PNG", kind="image/png")),
        page(2),
        page(2),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join(parts[:3]))
    result = found("a.warc", "warc", damage="refuse")
    assert pages(result) == [2]
    assert list(result.faults.values()) == ["an answer of HTTP status 404, no page", "of type image/png, no page"]


def test_an_address_that_a_file_has_again_is_called_by_its_date_too(tmp_path, found):
    later = page(2).replace(b"2024-01-01T", b"2025-01-01T")
    (tmp_path / "a.warc").write_bytes(page(2) + later + page(3) + page(2))
    address, other = "mine/http://a.test/2", "mine/http://a.test/3"
    result = found("a.warc", "warc")
    assert [one.id for one in result.documents] == [address, f"{address}@2025-01-01T00:00:00Z", other, address]
    assert not result.faults


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress, {"Content_Encoding": "gzip"}),
        (zlib.compress, {"Content_Encoding": "deflate"}),
        (zstandard.compress, {"Content_Encoding": "zstd"}),
        (lambda data: b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data), {"Transfer_Encoding": "chunked"}),
        (bytes, {"Content_Encoding": "gzip"}),
        (bytes, {"Transfer_Encoding": "chunked"}),
        (bytes, {"Content_Encoding": "br"}),
    ],
)
def test_encodings_of_http_are_undone_also_where_the_crawler_did(tmp_path, found, body, headers):
    (tmp_path / "a.warc").write_bytes(record("http://a.test/0", answer(body(PAGE.format(0).encode()), **headers)))
    assert "page number 0" in found("a.warc", "warc").texts["mine/http://a.test/0"]


def test_a_bomb_within_a_page(tmp_path, found):
    bomb = record("http://a.test/0", answer(gzip.compress(bytes(100_000_000)), Content_Encoding="gzip"))
    (tmp_path / "a.warc").write_bytes(bomb + page(1))
    result = found("a.warc", "warc")
    assert pages(result) == [1]
    assert list(result.faults.values()) == ["the page is larger than 32 MiB"]


@pytest.mark.parametrize(
    ("label", "charset"),
    [("utf-8", "latin-1"), ("iso-8859-1", "utf-8"), ("nonsense", "cp1252"), ("gb2312", "gb18030")],
)
def test_labels_that_lie(tmp_path, found, label, charset):
    text = "关于人工智能的研究已经有很多年" if charset == "gb18030" else "Les élèves mangeaient déjà des crêpes"
    body = f"<html><body><p>{text}</p></body></html>".encode(charset)
    (tmp_path / "a.warc").write_bytes(record("http://a.test/0", answer(body, kind=f"text/html; charset={label}")))
    assert found("a.warc", "warc").texts["mine/http://a.test/0"] == text


def test_extracted_text(tmp_path, found):
    parts = [record("http://a.test/0", "Text of 页面".encode(), "conversion"), page(1)]
    (tmp_path / "a.warc.wet.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    assert found("a.warc.wet.gz", "wet").texts == {"mine/http://a.test/0": "Text of 页面"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_every_cut_gives_the_records_before_and_one_fault(tmp_path, found, pack):
    parts = [pack(page(number)) for number in range(3)]
    whole = b"".join(parts)
    ends = [sum(map(len, parts[: i + 1])) for i in range(3)]
    lost = 4 if pack is bytes else 8 if pack is gzip.compress else 4  # what ends a record or its checksum
    for cut in range(1, len(whole), 13):
        (tmp_path / "a.warc").write_bytes(whole[:cut])
        result = found("a.warc", "warc")
        before = sum(end <= cut for end in ends)
        assert pages(result) in (list(range(before)), list(range(before + 1)))
        if cut not in ends and not any(end - lost <= cut < end for end in ends):
            assert len(result.faults) == 1, cut


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_follows_a_damaged_record_is_read(tmp_path, found, pack):
    parts = [page(number) for number in range(6)]
    parts[1] = parts[1].replace(b"WARC/1.0", b"XXXX/1.0")
    parts[3] = parts[3].replace(b"Content-Length: ", b"Content-Length: x")
    (tmp_path / "a.warc").write_bytes(b"".join(map(pack, parts)))
    result = found("a.warc", "warc")
    assert pages(result) == [0, 2, 4, 5]
    assert len(result.faults) == 2


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("wrong", [-30, 30])
def test_a_length_that_is_wrong_loses_nothing_in_silence(tmp_path, found, wrong, ends):
    """Too short leaves bytes between two records, too long takes the beginning of the next one."""
    text = b"A sentence, and another one, and the last one."
    parts = [record(f"http://a.test/{number}", text, "conversion").replace(b"\r\n", ends) for number in range(4)]
    parts[1] = parts[1].replace(b"Content-Length: 46", b"Content-Length: %d" % (46 + wrong))
    (tmp_path / "a.wet").write_bytes(b"".join(parts))
    result = found("a.wet", "wet")
    assert pages(result) == [0, 1, 2, 3]
    [reason] = result.faults.values()
    assert "no WARC record" in reason


def test_what_follows_a_repeated_record_is_a_fault_of_its_own(tmp_path, found):
    (tmp_path / "a.warc").write_bytes(page(0) + page(0) + b"no record at all\r\n")
    result = found("a.warc", "warc")
    assert pages(result) == [0] and len(result.faults) == 1


def test_what_follows_a_damaged_member_is_read(tmp_path, found):
    parts = [bytearray(gzip.compress(page(number))) for number in range(6)]
    parts[2][60:80] = b"\xff" * 20
    (tmp_path / "a.warc.gz").write_bytes(b"".join(parts))
    result = found("a.warc.gz", "warc")
    assert pages(result) == [0, 1, 3, 4, 5]
    assert "gzip data is damaged" in "".join(result.faults.values())


@real
def test_real_archives(found):
    counts = {}
    for path in sorted((DATA / "warc").rglob("*")):
        if path.is_file():
            result = found(str(path), "wet" if path.name.startswith("cc_net") else "warc")
            counts[path.name] = (len(result.texts), len(result.faults))
    assert counts == {
        "cc_net_sample.warc.txt": (3, 4),  # no record is as long as it states
        "sample-0001_subset.warc.gz": (10, 0),  # one address three times, with other dates
        "example-bad-non-chunked.warc.gz": (1, 0),
        "example-bad.warc.gz.bad": (1, 1),
        "example-digest.warc": (0, 1),  # requests alone
        "example-iana.org-chunked.warc": (1, 0),
        "example-resource.warc.gz": (1, 0),
        "example-space-in-url.arc": (0, 1),
        "example-trunc.warc": (1, 1),
        "example-wget-bad-target-uri.warc.gz": (1, 2),  # two logs
        "example-wrong-chunks.warc.gz": (1, 0),
        "example.arc": (0, 1),
        "example.warc": (1, 0),
        "example.warc.gz": (1, 0),
    }
