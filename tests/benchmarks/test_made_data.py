"""What the benchmarks make of real data: the same every time, and as much of it as they say."""

from pathlib import Path

import pytest

from benchmarks.scale import corpus
from benchmarks.web import pages

PARAGRAPH = " ".join(f"word{i % 37}" for i in range(60))


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "plain_documents", lambda data: [f"{PARAGRAPH} {i}\n{i} {PARAGRAPH}" for i in range(9)])
    monkeypatch.setattr(corpus, "FILE", 20)
    sizes = [corpus.write(tmp_path / str(count), tmp_path, count) for count in (30, 50)]
    small, large = (
        "".join(file.read_text() for file in sorted((tmp_path / str(count)).iterdir())).splitlines()
        for count in (30, 50)
    )
    assert sizes[0] < sizes[1] and len(small) == 30 and large[:30] == small and len(set(large)) > 40


def test_every_page_is_followed_by_its_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<html><body>" + "".join(f"<p>{i} {PARAGRAPH} some words that are letters alone</p>" for i in range(30))
    monkeypatch.setattr(pages, "originals", lambda data: iter([page, page + "</body>"]))
    found = list(pages.pages(tmp_path, 5))
    assert found == list(pages.pages(tmp_path, 5))
    assert (found[0], found[6]) == (page, page + "</body>")
    assert len(found) == 12 and len(set(found)) > 8
