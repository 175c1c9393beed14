"""The sample of a source: bounded, by hash, each fault counted once."""

import json
from pathlib import Path

import pytest

from k15.curation.sources import Source
from k15.curation.sources import cutting as sources
from stages.curate import validate
from stages.curate.params import CurateParams
from tests.stages.curate_params import SMALL

SOURCE = Source(name="mine", path="mine", format="jsonl", domain="english", lang="en")
TEXT = "The old mill stands by the river, and in the spring the water is high."


def test_an_empty_text_counts_once(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in (TEXT, "\u200b")))
    found = validate.sample(SOURCE, CurateParams(**SMALL), tmp_path)
    assert found.dropped == {"empty": 1} and len(found.kept) == 1


def test_few_units_are_open_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FILES", 1)
    (tmp_path / "mine").mkdir()
    for number in range(40):
        line = json.dumps({"text": f"{TEXT} {number}"}) + "\n"
        (tmp_path / f"mine/{number:02}.jsonl").write_text(line * (1 + number % 3))
    opened: set[int] = set()
    most = 0

    def read(source, unit, root):  # type: ignore[no-untyped-def]
        nonlocal most
        opened.add(unit.number)
        most = max(most, len(opened))
        yield from sources_read(source, unit, root)
        opened.remove(unit.number)

    sources_read = validate.read
    monkeypatch.setattr(validate, "read", read)
    params = CurateParams(**(SMALL | {"validation": {"records": 1000, "min_yield": 0.1}}))
    assert validate.sample(SOURCE, params, tmp_path).read == sum(1 + number % 3 for number in range(40))
    assert most <= 16
    few = CurateParams(**(SMALL | {"validation": {"records": 5, "min_yield": 0.1}}))
    first = validate.sample(SOURCE, few, tmp_path)
    assert first.read == 5
    assert {text.rsplit(" ", 1)[1] for text in first.kept} != {str(number) for number in range(5)}
