"""Which of several pictures stays, and how the parts between are written."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.curation.document import Broken
from k15.curation.generators.vision import VisionDocument
from stages.curate import picture_parts
from stages.curate.params import CurateParams
from stages.curate.picture_decisions import write_verdicts
from stages.curate.pictures import Pictures
from tests.stages.curate_params import SMALL

BLUE, RED = b"blue", b"red"


def decided(root: Path, *parts: tuple[str, list[VisionDocument | Broken]], **keys: Any) -> Pictures:
    files = []
    for number, (source, items) in enumerate(parts):
        files.append(root / f"{number}.parquet")
        picture_parts.write(files[-1], items, source)
    write_verdicts(root / "verdicts.parquet", [(file, ()) for file in files], CurateParams(**(SMALL | keys)))
    return Pictures(tuple(files), root / "verdicts.parquet")


def caption(name: str, text: str = "<image> a wall", image: bytes = RED) -> VisionDocument:
    return VisionDocument(name, "caption", text, (image,))


def stories(pictures: Pictures) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for rows in pictures.rows(["id", "filter", "cluster"]):
        for row in rows.to_pylist():
            found.setdefault(row["id"], []).append(row["cluster"] or row["filter"])
    return found


def test_a_sources_picture_stays_before_a_generated_one_then_the_smallest_id(tmp_path: Path) -> None:
    parts: list[tuple[str, list[VisionDocument | Broken]]] = [
        ("generated", [caption("generated/0"), caption("generated/1", image=BLUE)]),
        ("mine", [caption("mine/2"), caption("mine/1")]),
    ]
    found = decided(tmp_path, *parts, synthetic_captions=1.0)
    assert stories(found) == {
        "generated/0": ["mine/1"], "generated/1": [None], "mine/2": ["mine/1"], "mine/1": [None]
    }  # fmt: skip
    assert [row["across"] for rows in found.clusters() for row in rows.to_pylist()] == [True, False]
    assert stories(decided(tmp_path, *parts[::-1], synthetic_captions=1.0)) == stories(found)


def test_the_same_id_in_two_parts_is_kept_once(tmp_path: Path) -> None:
    parts = [("mine", [caption("mine/a", image=image)]) for image in (RED, BLUE)]
    kept = [decided(tmp_path, *order) for order in (parts, parts[::-1])]
    documents = [[row["images"] for rows in one.documents() for row in rows.to_pylist()] for one in kept]
    assert len(documents[0]) == 1
    assert stories(kept[0])["mine/a"].count("duplicate_id") == 1


@pytest.mark.parametrize("parts", [[], [("mine", [])], [("mine", [Broken("mine/a", "math", "mine", "gone", "")])]])
def test_nothing_to_decide(tmp_path: Path, parts: list[tuple[str, list[VisionDocument | Broken]]]) -> None:
    found = decided(tmp_path, *parts)
    assert found.kinds() == {} and list(found.texts(1000)) == []
    assert sum(rows.num_rows for rows in found.rejections()) == sum(len(items) for _, items in parts)


def test_large_pictures_are_groups_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    picture_parts.write(path, [caption(f"mine/{n}", image=bytes(20 << 20)) for n in range(4)], "mine")
    assert [pq.ParquetFile(path).metadata.row_group(n).num_rows for n in range(2)] == [2, 2]


def test_texts_are_those_of_kept_training_documents(tmp_path: Path) -> None:
    many: list[VisionDocument | Broken] = [caption(f"mine/{n}", f"<image>\n{n}") for n in range(60)]
    found = decided(tmp_path, ("mine", [*many, Broken("mine/x", "math", "mine", "gone", "excerpt")]))
    splits = pa.concat_tables(found.documents()).select(["id", "split"]).to_pylist()
    train = {row["id"] for row in splits if row["split"] == "train"}
    assert 40 < len(train) < 60
    assert sorted(found.texts(1000)) == sorted(f"\n{name[5:]}" for name in train)


def test_every_part_has_its_share_of_so_many_bytes(tmp_path: Path) -> None:
    """Seven bytes a text; what a short part leaves, the others have."""
    parts: list[tuple[str, list[VisionDocument | Broken]]] = [
        (name, [caption(f"{name}/{n}", f"<image>{name}{n:06d}") for n in range(size)])
        for name, size in (("a", 4), ("b", 100), ("c", 100))
    ]
    taken = [text[0] for text in decided(tmp_path, *parts).texts(7 * 60)]
    assert len(taken) == 60 and taken.count("a") <= 4 and taken.count("b") in range(28, 31)
