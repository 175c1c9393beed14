"""Input in every state: what is whole is read, what is not is counted with a reason, and nothing crashes."""

import gzip
import io
import json
import tarfile
import tracemalloc
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from k15.curation.sources import read, records, streams, units
from k15.errors import UserError


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def table(texts, **options):
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), stream, **options)
    return stream.getvalue()


LINES = jsonl(*({"text": f"document {number} {'x' * (number % 50)}"} for number in range(4000)))
GOOD = b'{"text": "a"}\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD + b'{"text": "b', "not JSON"),
        (GOOD + b'["b"]\n', "not a JSON object"),
        (GOOD + b'{"txt": "b"}\n', "it has no field 'text' (it has txt)"),
        (GOOD + b'{"text": 3}\n', "field 'text' is not a string"),
        (GOOD + b'{"text": NaN}\n', "field 'text' is not a string"),
        (GOOD + b'{"text": null}\n', "field 'text' is not a string"),
        (GOOD + b'{"text": "\xe9"}\n', "not UTF-8 text"),
        (GOOD + '{"text": "b"}\n'.encode("utf-16"), "not UTF-8 text"),
        (GOOD + b'{"text": "a\x00b"}\n', "not JSON (Invalid control character at)"),
        (GOOD + b'{"text": "half \\ud800 pair"}\n', "half a surrogate pair"),
        (GOOD + b"[" * 100_000, "not JSON (nested too deep)"),
        (GOOD + b'{"text": ' + b"9" * 5000 + b"}\n", "not JSON (a number is too long)"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path, found, content, reason):
    (tmp_path / "a.jsonl").write_bytes(content)
    result = found("a.jsonl", "jsonl")
    assert result.texts == {"mine/a.jsonl:1": "a"}
    assert next(iter(result.faults)) == "mine/a.jsonl:2"
    assert reason in result.faults["mine/a.jsonl:2"]
    assert all(item.excerpt.isprintable() for item in result.broken)
    with pytest.raises(
        UserError, match=r"a\.jsonl: line 2: .*; correct it, or let source 'mine' skip damage"
    ) as caught:
        found("a.jsonl", "jsonl", damage="refuse")
    assert "\n" not in str(caught.value)


def test_null_bidi_and_zero_width_characters_come_through(tmp_path, found):
    text = "a\0b \u202eevil\u202c zero\u200bwidth"
    (tmp_path / "a.jsonl").write_bytes(jsonl({"text": text}))
    (tmp_path / "a.txt").write_text(f"{text}{'x' * 100}")
    assert found("a.jsonl", "jsonl").texts == {"mine/a.jsonl:1": text}
    assert not found("a.txt", "text").faults


def test_a_line_of_100_mb_costs_that_line_and_no_memory(tmp_path, declare):
    with (tmp_path / "a.jsonl").open("wb") as target:
        target.write(GOOD + b'{"text": "')
        for _ in range(100):
            target.write(b"x" * 1_000_000)
        target.write(b'"}\n' + GOOD)
    source = declare("a.jsonl", "jsonl")
    tracemalloc.start()
    found = [item for unit in units(source, tmp_path) for item in read(source, unit, tmp_path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    broken = [item for item in found if hasattr(item, "reason")]
    assert len(found) == 3
    assert [item.reason for item in broken] == ["the line is larger than 32 MiB"]
    assert peak < 3 * records.MAX_DOCUMENT


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.9999])
def test_cut_off_compression_gives_what_came_before(tmp_path, found, pack, share):
    packed = pack(LINES)
    name = f"a.jsonl.{'gz' if pack is gzip.compress else 'zst'}"
    (tmp_path / name).write_bytes(packed[: int(len(packed) * share)])
    result = found(name, "jsonl")
    whole = LINES.decode().splitlines()
    assert list(result.texts.values()) == [json.loads(line)["text"] for line in whole[: len(result.texts)]]
    assert "cut off" in result.faults.popitem()[1]
    assert not result.faults
    if pack is gzip.compress and share < 0.99:
        engine = zlib.decompressobj(31)
        before = engine.decompress(packed[: int(len(packed) * share)])
        assert len(result.texts) == before.count(b"\n")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_damage_within_compression_gives_what_came_before(tmp_path, found, pack):
    frames = [pack(LINES[i : i + 20_000]) for i in range(0, len(LINES), 20_000)]
    half = len(frames[4]) // 2
    frames[4] = frames[4][:half] + bytes(255 - byte for byte in frames[4][half : half + 40]) + frames[4][half + 40 :]
    name = f"a.jsonl.{'gz' if pack is gzip.compress else 'zst'}"
    (tmp_path / name).write_bytes(b"".join(frames))
    result = found(name, "jsonl")
    before = [json.loads(line)["text"] for line in LINES[:80_000].splitlines()[:-1]]
    assert list(result.texts.values())[: len(before)] == before
    assert "data is damaged" in list(result.faults.values())[-1]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jsonl.gz", GOOD, "not gzip data"),
        ("a.jsonl.gz", b"", "the gzip file is empty"),
        ("a.jsonl.gz", b"\x1f", "not gzip data"),
        ("a.jsonl.zst", GOOD, "zstandard data is damaged"),
        ("a.jsonl", b"", "it holds no document"),
        ("a.jsonl", b"\n\n", "it holds no document"),
        ("a.txt", b" \n ", "it holds no document"),
        ("a.txt", b"MZ\0\0\0\0\1\2", "binary data, not text"),
        ("a.tar.gz", b"no archive", "not gzip data"),
        ("a.tar", b"no archive", "the archive is cut off"),
        ("a.tar", b"no archive" * 100, "the archive is damaged"),
        ("a.parquet", table(["one"] * 100)[:-30], "not a whole Parquet file"),
        ("a.parquet", b"PAR1", "not a whole Parquet file"),
        ("a.parquet", b"", "not a whole Parquet file"),
        ("a.parquet", table(pa.array([], pa.string())), "it holds no document"),
        ("a.parquet", table([1, 2]), "field 'text' is not a string"),
        ("a.html", b"<html><body></body></html>", "the page has no text"),
        ("a.html", b"", "the page has no text"),
        ("a.html", b"<div>" * 50_000, "nested more than 2000 deep"),
        ("a.warc.gz", b"", "it holds no document"),
        ("a.warc", b"no WARC at all", "no WARC record"),
    ],
)
def test_files_that_are_not_what_they_claim(tmp_path, found, name, content, reason):
    (tmp_path / name).write_bytes(content)
    form = "text" if "tar" in name else name.split(".")[1].replace("txt", "text")
    result = found(name, form)
    assert not result.texts
    assert reason in next(iter(result.faults.values()))


def test_whatever_follows_gzip_is_a_damage_but_padding_is_not(tmp_path, found):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(GOOD) + bytes(200_000) + gzip.compress(GOOD) + bytes(10))
    result = found("a.jsonl.gz", "jsonl")
    assert len(result.texts) == 2
    assert not result.faults
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(GOOD) + b"trailing")
    result = found("a.jsonl.gz", "jsonl")
    assert result.texts == {"mine/a.jsonl.gz:1": "a"}
    assert result.faults == {"mine/a.jsonl.gz:2": "what follows the gzip data is not gzip"}


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_bombs_are_stopped(tmp_path, declare, monkeypatch, pack):
    monkeypatch.setattr(streams, "HARMLESS", 1 << 20)
    name = "a.jsonl.gz" if pack is gzip.compress else "a.jsonl.zst"
    (tmp_path / name).write_bytes(pack(GOOD + bytes(200_000_000)))
    source = declare(name, "jsonl")
    tracemalloc.start()
    found = [item for unit in units(source, tmp_path) for item in read(source, unit, tmp_path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [getattr(item, "text", None) or item.reason for item in found] == [
        "a",
        "it expands to more than 250 times its size; a bomb",
    ]
    assert peak < 3 * records.MAX_DOCUMENT


def test_a_text_file_that_expands_beyond_a_document(tmp_path, found):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a line of text\n" * 3_000_000))
    assert found("a.txt.gz", "text").faults == {"mine/a.txt.gz": "the file is larger than 32 MiB"}


@pytest.mark.parametrize(
    ("content", "text", "charset"),
    [
        ("Ceci est déjà l'été à Genève, où l'on mange des crêpes.".encode("latin-1"), "Genève", "cp1252"),
        ("关于人工智能的研究已经有很多年的历史了。我们的方法很简单。".encode("gb18030"), "人工智能", "gb18030"),
        ("Wide text".encode("utf-16"), "Wide text", "utf-16-le"),
        ("\ufeffMark and text".encode(), "Mark and text", None),
    ],
)
def test_text_of_other_charsets(tmp_path, found, content, text, charset):
    (tmp_path / "a.txt").write_bytes(content)
    document = found("a.txt", "text").documents[0]
    assert text in document.text
    assert document.meta.get("charset") == charset


def test_a_damaged_line_of_a_text_costs_that_line(tmp_path, found):
    (tmp_path / "a.txt").write_bytes("Über naïve façades\n".encode() * 20 + b"bad \xff line\n" + "Schön\n".encode())
    result = found("a.txt", "text")
    assert result.texts["mine/a.txt"] == "Über naïve façades\n" * 20 + "Schön\n"
    assert result.faults == {"mine/a.txt:21": "not UTF-8 text"}


def test_a_cut_off_text_gives_its_whole_parts(tmp_path, found):
    book = "".join(f"CHAPTER {number}\n{'words and words ' * 500}{number}\n" for number in range(9)).encode()
    packed = gzip.compress(book, 1)
    (tmp_path / "a.txt.gz").write_bytes(packed[: len(packed) * 2 // 3])
    result = found("a.txt.gz", "text", split_before="^CHAPTER")
    assert 3 < len(result.texts) < 9
    assert all(text.rstrip()[-1].isdigit() for text in result.texts.values())
    assert list(result.faults.values()) == ["the gzip data is cut off"]
    assert found("a.txt.gz", "text").texts == {}


def test_damaged_parquet_gives_the_rows_before(tmp_path, found):
    texts = [f"document {number}" for number in range(3000)]
    whole = table(texts, row_group_size=1000, compression="zstd", use_dictionary=False)
    metadata = pq.ParquetFile(io.BytesIO(whole)).metadata
    place = metadata.row_group(1).column(0).data_page_offset + 40
    (tmp_path / "a.parquet").write_bytes(whole[:place] + b"\xff" * 60 + whole[place + 60 :])
    result = found("a.parquet", "parquet")
    assert list(result.texts.values()) == texts[:1000] + texts[2000:]
    assert "row group 1 is damaged" in result.faults["mine/a.parquet:1001"]


def test_parquet_rows_that_are_no_text(tmp_path, found):
    column = pa.array([b"good", b"\xff\xfe", b"fine", None], pa.binary()).cast(pa.string(), safe=False)
    (tmp_path / "a.parquet").write_bytes(table(column))
    result = found("a.parquet", "parquet")
    assert list(result.texts.values()) == ["good", "fine"]
    assert result.faults == {
        "mine/a.parquet:2": "not UTF-8 text",
        "mine/a.parquet:4": "field 'text' is not a string",
    }


def test_a_column_that_one_parquet_file_lacks_costs_that_file(tmp_path, found):
    (tmp_path / "a.parquet").write_bytes(table(["one"]))
    pq.write_table(pa.table({"body": ["two"]}), tmp_path / "b.parquet")
    result = found("*.parquet", "parquet", text_field="body")
    assert result.texts == {"mine/b.parquet:1": "two"}
    assert result.faults == {"mine/a.parquet": "it has no field 'body' (it has text)"}
    with pytest.raises(UserError, match=r"it has no field 'body' \(it has text\)"):
        found("*.parquet", "parquet", text_field="body", damage="refuse")


@pytest.mark.parametrize(
    "header",
    [b"9" * 5000 + b" path=x\n", b"30 size=" + b"9" * 21 + b"\n", b"11 size=-7\n", b"99 path=x\n"],
)
def test_headers_of_archives_that_state_no_length(tmp_path, found, header):
    def entry(name, content, kind=tarfile.REGTYPE):
        info = tarfile.TarInfo(name)
        info.size, info.type = len(content), kind
        return info.tobuf() + content + b"\0" * (-len(content) % 512)

    parts = [entry("a.txt", b"one"), entry("pax", header, tarfile.XHDTYPE), entry("b.txt", b"two"), b"\0" * 1024]
    (tmp_path / "a.tar").write_bytes(b"".join(parts))
    result = found("a.tar", "text")
    assert result.texts == {"mine/a.tar/a.txt": "one"}
    assert "the archive is damaged" in result.faults["mine/a.tar"]
