"""A source under a temporary root, read unit by unit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from k15.curation.document import Broken, Document
from k15.curation.sources import Source, read, units
from k15.params import parse_params


@dataclass
class Found:
    texts: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def declared(path: str, form: str, **more: Any) -> Source:
    value = {"name": "mine", "path": path, "format": form, "domain": "english", "lang": "en", **more}
    return parse_params(Source, "curate.sources.0", value)


@pytest.fixture
def declare() -> Callable[..., Source]:
    return declared


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., Found]:
    """What is in a source: texts and reasons by id."""

    def read_all(path: str, form: str, **more: Any) -> Found:
        source, result = declared(path, form, **more), Found()
        for unit in units(source, tmp_path):
            for item in read(source, unit, tmp_path):
                if isinstance(item, Broken):
                    assert item.id not in result.faults, "every fault has an id of its own"
                    result.faults[item.id] = item.reason
                    result.broken.append(item)
                else:
                    result.texts[item.id] = item.text
                    result.documents.append(item)
        return result

    return read_all
