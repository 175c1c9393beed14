"""Sources of pictures in stage `curate`: validated, decontaminated, deduplicated, and every one accounted for."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from k15.artifacts import read_rows
from k15.stage import main
from stages.curate.__main__ import look
from stages.curate.run import STAGE
from tests.stages.test_curate import changed, metrics, write_params

QUESTION = "How many white cups stand on the round table beside the window of the kitchen?"
PHOTOS = {"name": "photos", "path": "photos", "format": "images", "domain": "english", "lang": "en"}
PAGES = {"name": "pages", "path": "pages.jsonl", "format": "image_text", "domain": "english", "lang": "en"}
BUNDLED = {"documents": {"english": 60, "math": 60}, "junk_share": 0.1, "vision_documents": 20, "pictures": {}}


def picture(colour: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(target, "PNG")
    return target.getvalue()


def write_sources(root: Path) -> None:
    folder = root / "photos"
    folder.mkdir(parents=True)
    captioned = {"a": ("red", "A red wall."), "b": ("red", "A red wall."), "c": ("red", "A wall."), "d": ("blue", "")}
    for name, (colour, caption) in captioned.items():
        (folder / f"{name}.png").write_bytes(picture(colour))
        (folder / f"{name}.txt").write_text(caption)
    (folder / "e.png").write_bytes(b"no image")
    records = [
        {"text": "The wall <image> is red.", "images": ["photos/a.png"]},
        {
            "text": QUESTION.upper().replace("CUPS", "CUPS <image>"),
            "images": ["photos/a.png"],
        },
        {"text": "There was <image> once.", "images": ["photos/none.png"]},
    ]
    (root / "pages.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (root / "test.jsonl").write_text(json.dumps({"question": f"{QUESTION}\n<image1>"}) + "\n")


def curate(root: Path, sources: list[dict[str, Any]], min_yield: float = 0.3) -> int:
    params = changed(sources=sources, bundled=BUNDLED, validation={"records": 9, "min_yield": min_yield})
    write_params(root, params, [{"name": "cups", "path": "test.jsonl", "fields": ["question"]}])
    return main(STAGE, ["--root", str(root)])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures") / "run"
    write_sources(root)
    assert curate(root, [PHOTOS, PAGES]) == 0
    return root


def rows(root: Path, name: str, schema: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in read_rows(root / "artifacts/curate" / name, schema)}


def test_every_picture_is_kept_or_rejected_with_its_reason(run: Path) -> None:
    kept = rows(run, "vision", "vision_document")
    rejected = {name: row for name, row in rows(run, "rejections", "rejection").items() if row["domain"] == "vision"}
    assert {name for name in kept if not name.startswith("generated/")} == {
        "photos/a.png", "photos/c.png", "pages/pages.jsonl:1"
    }  # fmt: skip
    reasons = {name: (row["filter"], row["reason"], row["value"]) for name, row in rejected.items()}
    assert reasons.pop("photos/b.png") == ("exact_duplicate", "same text and pictures as photos/a.png", 1.0)
    assert reasons.pop("photos/d.png") == ("empty", "no text beside its pictures", 0.0)
    assert reasons.pop("photos/e.png") == ("unreadable", "it is no image, though its name says PNG", None)
    assert reasons.pop("pages/pages.jsonl:2") == ("contaminated", "holds cups/1", 1.0)
    assert reasons.pop("pages/pages.jsonl:3") == ("unreadable", "image 1: photos/none.png is not there", None)
    assert not reasons
    assert json.loads(rejected["photos/b.png"]["meta"]) == {"kind": "caption"}
    [repeat] = [row for row in rows(run, "clusters", "cluster").values() if row["cluster"] == "photos/a.png"]
    assert repeat == {
        "id": "photos/b.png", "cluster": "photos/a.png", "kind": "exact", "similarity": 1.0, "across": False
    }  # fmt: skip


def test_pictures_have_their_place_in_the_funnel(run: Path) -> None:
    funnel = metrics(run)["funnel"]["vision"]
    assert funnel["photos"] == {
        "read": 5,
        "rejected": {"empty": 1, "unreadable": 1},
        "duplicates": {"exact": 1, "near": 0, "embedding": 0},
        "kept": 2,
    }
    assert funnel["pages"]["rejected"] == {"contaminated": 1, "unreadable": 1} and funnel["pages"]["kept"] == 1
    assert funnel["generated"]["read"] == 20 and sum(metrics(run)["vision"].values()) == 23
    assert metrics(run)["vision"]["caption"] == 4


def test_explain_tells_a_pictures_story(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(["explain", "photos/a.png", "photos/b.png", "photos/e.png", "--root", str(run)]) == 0
    kept, repeat, broken = capsys.readouterr().out.split("\n\nphotos/")
    assert "source photos, domain vision" in kept and "begins: <image> A red wall." in kept
    assert "caption." in kept and "photos/b.png (exact, 1.000)" in kept
    assert "Dropped: exact_duplicate, same text and pictures as photos/a.png." in repeat and "kind: caption" in repeat
    assert "Dropped: unreadable, it is no image" in broken and "Measured" not in kept + repeat + broken
    assert look(["explain", "photos/f.png", "--root", str(run)]) == 2
    assert "no document is called 'photos/f.png'; ids are in artifacts/curate/documents, vision and" in (
        capsys.readouterr().err
    )


def test_validate_shows_pictures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(["validate", "photos", "pages", "--root", str(run)]) == 0
    photos, pages = capsys.readouterr().out.split("pages: ")
    assert photos.startswith("photos: 3 of 5 records pass (60%), 1 unreadable\n")
    assert "images, english, 7 characters each" in photos and "kinds: caption 4" in photos
    assert "dropped: unreadable 1, empty 1" in photos and "kept: A red wall." in photos
    assert pages.startswith("2 of 3 records pass (67%), 1 unreadable\n") and "kinds: interleaved 2" in pages


def test_a_source_of_broken_pictures_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sources(tmp_path)
    assert curate(tmp_path, [PHOTOS, PAGES], min_yield=0.65) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "source 'photos': 3 of 5 sampled records pass and 65% must (dropped: unreadable 1, empty 1)" in line
    assert not (tmp_path / "artifacts").exists()


def test_too_many_synthetic_captions_are_rejections(run: Path) -> None:
    params = changed(sources=[PHOTOS], bundled=BUNDLED, synthetic_captions=0.0)
    write_params(run, params, [])
    assert main(STAGE, ["--root", str(run)]) == 0
    dropped = [row for row in rows(run, "rejections", "rejection").values() if row["filter"] == "synthetic_captions"]
    assert {row["reason"] for row in dropped} == {"above 0 of the captions"}
    assert len(dropped) == 2 == metrics(run)["funnel"]["vision"]["generated"]["rejected"]["synthetic_captions"]
    assert len(rows(run, "vision", "vision_document")) == 18 + 2
