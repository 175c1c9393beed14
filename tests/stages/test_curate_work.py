"""What kept results are known by."""

from pathlib import Path

from stages.curate.work import _files


def test_what_compilers_leave_beside_the_code_is_none(tmp_path: Path) -> None:
    """Numba writes its files while the first run of a fresh clone goes on, and a killed one has to find its results."""
    package = tmp_path / "curation/duplicates"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("find.py", "words.txt", "__pycache__/find.cpython-311.pyc", "__pycache__/find._join-1.py311.nbi"):
        (package / name).write_text("x")
    assert [file.name for file in _files(tmp_path)] == ["find.py", "words.txt"]
