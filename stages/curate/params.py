"""Parameters of the curate stage."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from k15.curation.dedup import DedupParams
from k15.curation.document import Domain
from k15.curation.filters import Filters
from k15.curation.mixture import Shares
from k15.curation.sources import Source
from k15.params import Params

Count = Annotated[int, Field(ge=0)]


class Bundled(Params):
    """The bundled generators."""

    documents: dict[Domain, Count]
    """Good documents per domain; none where only the sources are wanted."""
    junk_share: float = Field(ge=0, le=1)
    """Bad documents planted per good one."""
    vision_documents: Count


class CurateParams(Params):
    seed: int = Field(ge=0)
    bundled: Bundled
    sources: list[Source]
    filters: Filters
    dedup: DedupParams
    validation_fraction: float = Field(gt=0, lt=1)
    """Share of the documents (of every domain, and of the vision documents)."""
    vocab_size: int = Field(ge=264)
    """Entries of the tokenizer: 8 special tokens, 256 bytes, and merges."""
    block_length: int = Field(ge=2)
    train_tokens: int = Field(ge=1)
    mixture: Shares
    """Shares of `train_tokens`."""

    @model_validator(mode="after")
    def _distinct_sources(self) -> Self:
        names = [source.name for source in self.sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are called {twice[0]!r}; give each a name of its own")
        return self
