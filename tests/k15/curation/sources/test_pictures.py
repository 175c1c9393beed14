"""Pictures with their texts, and what claims to be a picture."""

import base64
import io
import json
import struct
import tarfile
import zlib

import boto3
import pytest
from PIL import ExifTags, Image

from k15.curation.document import Broken
from k15.curation.sources import units
from k15.curation.sources.pictures import read_pictures


def image(form="PNG", size=(8, 6), mode="RGB"):
    target = io.BytesIO()
    picture = Image.new(mode, size)
    picture.putdata([i % 251 if mode == "L" else (i % 251, i * 7 % 251, i * 3 % 251) for i in range(size[0] * size[1])])
    picture.save(target, form)
    return target.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
def pictures(tmp_path, declare):
    def read_all(path, form, **more):
        source = declare(path, form, **more)
        found = [item for unit in units(source, tmp_path) for item in read_pictures(source, unit, tmp_path)]
        good = {item.id: item for item in found if not isinstance(item, Broken)}
        faults = {item.id: item.reason for item in found if isinstance(item, Broken)}
        assert len(good) + len(faults) == len(found)
        return good, faults

    return read_all


def test_a_folder_with_captions_beside_the_images(tmp_path, pictures):
    (tmp_path / "d/sub").mkdir(parents=True)
    (tmp_path / "d/a.png").write_bytes(image())
    (tmp_path / "d/a.txt").write_text("A <image> of stripes.\n")
    (tmp_path / "d/b.JPG.jpg").write_bytes(image("JPEG"))
    (tmp_path / "d/b.JPG.json").write_text(json.dumps({"text": "A photograph."}))
    (tmp_path / "d/sub/c.gif").write_bytes(image("GIF"))
    good, faults = pictures("d", "images")
    assert {name: item.text for name, item in good.items()} == {
        "mine/a.png": "<image>\nA  of stripes.",
        "mine/b.JPG.jpg": "<image>\nA photograph.",
        "mine/sub/c.gif": "<image>",
    }
    assert not faults
    assert {item.kind for item in good.values()} == {"caption"}
    assert good["mine/a.png"].images == (image(),)
    assert all(Image.open(io.BytesIO(item.images[0])).format == "PNG" for item in good.values())


def test_an_archive_of_images_with_captions(tmp_path, pictures):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, content in {
            "1.jpg": image("JPEG"),
            "1.txt": b"one",
            "2.json": b'{"text": "two"}',
            "2.png": image(),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    good, faults = pictures("a.tar", "images")
    assert {name: item.text for name, item in good.items()} == {
        "mine/a.tar/1.jpg": "<image>\none",
        "mine/a.tar/2.png": "<image>\ntwo",
    }
    assert not faults


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", image("JPEG"), "it is JPEG, not the PNG that its name says"),
        ("a.png", b"<html>no picture</html>", "it is no image, though its name says PNG"),
        ("a.png", b"", "it is no image"),
        ("a.png", image(size=(300, 300))[:900], "damaged or cut off"),
        ("a.jpg", image("JPEG", (300, 300))[:2000], "damaged or cut off"),
        ("a.png", bomb(), "a decompression bomb"),
        ("a.gif", b"GIF89a", "it is no image"),
    ],
)
def test_images_that_are_not_what_they_claim(tmp_path, pictures, name, content, reason):
    (tmp_path / name).write_bytes(content)
    good, faults = pictures(name, "images")
    assert not good
    assert reason in faults[f"mine/{name}"]


@pytest.mark.parametrize("caption", [b"\xff\xfe\xfd", b"not json", b"[]", b'{"caption": "x"}'])
def test_captions_that_cannot_be_read(tmp_path, pictures, caption):
    (tmp_path / "a.png").write_bytes(image())
    (tmp_path / ("a.txt" if caption[0] == 255 else "a.json")).write_bytes(caption)
    good, faults = pictures("a.png", "images")
    assert not good
    assert list(faults) == ["mine/a.png"]


def test_texts_with_images_between_their_parts(tmp_path, pictures):
    (tmp_path / "d/img").mkdir(parents=True)
    (tmp_path / "d/img/a.png").write_bytes(image())
    inline = base64.b64encode(image("JPEG")).decode()
    address = f"data:image/jpeg;base64,{inline}"
    records = [
        {"text": "Before <image> after", "images": ["img/a.png"]},
        {
            "text": [
                "Before",
                {"image": "img/a.png"},
                {"text": "between"},
                {"image": address},
            ]
        },
        {"text": "No mark", "images": [inline]},
        {"text": "No picture"},
    ]
    (tmp_path / "d/a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    good, faults = pictures("d", "image_text")
    assert not faults
    assert [(item.text, len(item.images)) for item in good.values()] == [
        ("Before <image> after", 1),
        ("Before\n<image>\nbetween\n<image>", 2),
        ("<image>\nNo mark", 1),
        ("No picture", 0),
    ]
    assert list(good) == [f"mine/a.jsonl:{number}" for number in (1, 2, 3, 4)]
    assert {item.kind for item in good.values()} == {"interleaved"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": "<image> <image>", "images": ["a.png"]}, "2 marks <image> for 1 images"),
        ({"text": "x", "images": ["b.png"]}, "image 1: b.png is not there"),
        ({"text": "x", "images": ["../a.png"]}, "lies outside the source"),
        ({"text": "x", "images": ["/etc/a.png"]}, "lies outside the source"),
        ({"text": "x", "images": ["https://a.test/a.png"]}, "lies outside the source"),
        ({"text": "x", "images": ["%%%"]}, "not base64"),
        ({"text": "x", "images": [7]}, "neither a path nor base64"),
        ({"text": "x", "images": "a.png"}, "field 'images' is not a list"),
        ({"text": 3}, "neither a string nor a list of parts"),
        ({"text": [3]}, "a part is neither text nor image"),
        ({"text": "half \ud800 pair"}, "half a surrogate pair"),
        ([], "not a JSON object"),
    ],
)
def test_records_that_cannot_be_read(tmp_path, pictures, record, reason):
    (tmp_path / "a.png").write_bytes(image())
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n" + json.dumps({"text": "<image>", "images": ["a.png"]}))
    good, faults = pictures("a.jsonl", "image_text")
    assert list(good) == ["mine/a.jsonl:2"]
    assert reason in faults["mine/a.jsonl:1"]


def test_pictures_on_s3(s3_bucket, pictures):
    client, bucket = boto3.client("s3"), s3_bucket.removeprefix("s3://")
    lines = json.dumps({"text": "<image>", "images": ["img/a.png"]}).encode()
    for key, body in {"d/img/a.png": image(), "d/img/a.txt": b"words", "d/a.jsonl": lines}.items():
        client.put_object(Bucket=bucket, Key=key, Body=body)
    good, faults = pictures(f"{s3_bucket}/d", "images")
    assert {name: item.text for name, item in good.items()} == {"mine/img/a.png": "<image>\nwords"}
    good, more = pictures(f"{s3_bucket}/d", "image_text")
    assert good["mine/a.jsonl:1"].images == (image(),)
    assert not faults and not more


def test_captions_and_pictures_beside_a_file_are_part_of_its_version(tmp_path, declare):
    (tmp_path / "d/img").mkdir(parents=True)
    (tmp_path / "d/A.JPG").write_bytes(image("JPEG"))
    (tmp_path / "d/b.png").write_bytes(image())
    (tmp_path / "d/t.jsonl").write_text(json.dumps({"text": "a", "images": ["img/c.png"]}))

    def versions(form):
        return {
            span.place.name: span.place.version for unit in units(declare("d", form), tmp_path) for span in unit.spans
        }

    folder, lines = versions("images"), versions("image_text")
    assert versions("images") == folder
    (tmp_path / "d/A.TXT").write_text("A photograph.")
    with_caption = versions("images")
    assert with_caption["A.JPG"] != folder["A.JPG"]
    assert with_caption["b.png"] == folder["b.png"]
    assert versions("image_text") == lines
    (tmp_path / "d/img/c.png").write_bytes(image())
    assert versions("image_text") != lines


def test_names_in_capitals(tmp_path, pictures):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/A.JPG").write_bytes(image("JPEG"))
    (tmp_path / "d/A.TXT").write_text("A photograph.")
    with tarfile.open(tmp_path / "d/B.TAR", "w") as archive:
        archive.add(tmp_path / "d/A.JPG", "E.JPEG")
        archive.add(tmp_path / "d/A.TXT", "E.TXT")
    good, faults = pictures("d", "images")
    assert {name: item.text for name, item in good.items()} == {
        "mine/A.JPG": "<image>\nA photograph.",
        "mine/B.TAR/E.JPEG": "<image>\nA photograph.",
    }
    assert not faults


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_pictures_are_upright(tmp_path, pictures, form):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    name = f"a.{form.lower()}"
    Image.open(io.BytesIO(image(size=(8, 6)))).save(tmp_path / name, form, exif=exif)
    upright = Image.open(io.BytesIO(pictures(name, "images")[0][f"mine/{name}"].images[0]))
    assert upright.size == (6, 8)
    assert upright.getexif().get(ExifTags.Base.Orientation, 1) == 1


def test_of_a_moving_picture_the_first_frame_is_taken(tmp_path, pictures):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    still = Image.open(io.BytesIO(pictures("a.png", "images")[0]["mine/a.png"].images[0]))
    assert not getattr(still, "is_animated", False)
    assert still.getpixel((0, 0)) == (255, 0, 0)
