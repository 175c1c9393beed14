"""Parameters of the curate stage."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from k15.curation.document import Domain
from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.filters import Filters
from k15.curation.mixture import Mixture
from k15.curation.quality.params import QualityParams
from k15.curation.sources import Source
from k15.params import Params, require_distinct

Count = Annotated[int, Field(ge=0)]


class Bundled(Params):
    """The bundled generators."""

    documents: dict[Domain, Count]
    """Good documents per domain; none where only the sources are wanted."""
    junk_share: float = Field(ge=0, le=1)
    """Bad documents planted per good one."""
    vision_documents: Count
    """Small ones of all five kinds, with the pictures of the task families."""
    pictures: dict[str, Count]
    """Full-size ones by kind of generator: caption, ocr, chart, geometry, svg and others
    (k15/curation/generators/pictures)."""


class ValidationParams(Params):
    """What every source must be like on its own, before it enters the mixture."""

    records: int = Field(ge=1)
    """Looked at of each source."""
    min_yield: float = Field(ge=0, le=1)
    """The share of them that must pass the rules."""


class TokenizerParams(Params):
    vocab_size: int = Field(ge=264)
    """Entries: 8 special tokens, 256 bytes, and merges."""
    reuse: str | None
    """A directory with an existing tokenizer (`tokenizer.json`) to take in place of training one, from the repository
    root. Our special tokens come before those of another model's."""
    sample_mib: int = Field(ge=1)
    """Trained on at most so much text."""


class StageTokens(Params):
    """How many tokens each stage of pretraining is given to read."""

    pretrain: int = Field(ge=1)
    cooldown: int = Field(ge=1)
    long_context: int = Field(ge=1)


class CurateParams(Params):
    seed: int = Field(ge=0)
    bundled: Bundled
    sources: list[Source]
    validation: ValidationParams
    filters: Filters
    duplicates: DuplicatesParams
    quality: QualityParams
    synthetic_captions: float = Field(ge=0, le=1)
    """The largest share of the captions that may be generated, where there are others."""
    validation_fraction: float = Field(gt=0, lt=1)
    """Share of the documents (of every domain, and of the vision documents)."""
    tokenizer: TokenizerParams
    block_length: int = Field(ge=2)
    train_tokens: StageTokens
    mixture: Mixture
    """Shares of `train_tokens`."""

    @model_validator(mode="after")
    def _distinct_sources(self) -> Self:
        require_distinct([source.name for source in self.sources])
        return self

    @model_validator(mode="after")
    def _examples(self) -> Self:
        seeds, known = self.quality.seeds, {source.name for source in self.sources}
        if unknown := sorted({*seeds.good, *seeds.bad} - known):
            raise ValueError(f"quality.seeds names {unknown[0]!r}, which is no source; correct it")
        generated = seeds.bundled and any(self.bundled.documents.values())
        if self.quality.classifier is not None and not seeds.good and not generated:
            raise ValueError("no text is an example of good ones; name sources in quality.seeds.good")
        return self
