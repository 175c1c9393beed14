"""What counts as a duplicate (§2.5.1, App. B)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from k15.params import Params


class EmbeddingParams(Params):
    """Near duplicates by meaning rather than by wording."""

    model: str | None = None
    """Directory of a static-embedding or `transformers` encoder model, from the repository root; none: hashed words
    weighted by rarity."""
    threshold: float = Field(gt=0, le=1)
    """Cosine similarity from which two documents are one."""
    dimensions: int = Field(default=256, ge=16)
    """Of the hashed words' vectors; a model has its own."""
    tables: int = Field(default=8, ge=1)
    """Independent cuts of the space: more of them miss fewer pairs."""
    bucket: int = Field(default=512, ge=2)
    """Documents that a cell should hold; within it all pairs are compared."""
    seed: int = 1

    def at(self, root: Path) -> EmbeddingParams:
        """With the whole path of the model."""
        return self if self.model is None else self.model_copy(update={"model": str(root / self.model)})

    def state(self) -> list[tuple[str, int, int]]:
        """Changes when a file of the model does."""
        files = sorted(Path(self.model).iterdir()) if self.model and Path(self.model).is_dir() else []
        return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


class DuplicatesParams(Params):
    """`threshold`: exact Jaccard similarity of word `ngram`s from which two documents are one."""

    ngram: int = Field(ge=1)
    bands: int = Field(ge=1)
    rows: int = Field(ge=1)
    threshold: float = Field(gt=0, le=1)
    embeddings: EmbeddingParams | None = None
