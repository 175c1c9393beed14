"""How a user declares a source."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from k15.curation.document import Domain, Language
from k15.params import Params

GENERATED = "generated"

Format = Literal["jsonl", "parquet", "text", "html", "warc", "wet", "images", "image_text"]
PICTURES: tuple[Format, ...] = ("images", "image_text")
"""Formats of pictures with text; all others are text alone."""


class Source(Params):
    """Where a domain's documents come from, and how to read them."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    """Prefix of the documents' ids."""
    path: str = Field(min_length=1)
    """A file, a directory, a glob or a tar archive, from the repository root; the same under s3:// or any address
    that fsspec knows, such as hf://datasets/owner/name. gzip and zstandard are undone."""
    format: Format
    domain: Domain
    lang: Language
    licence: str = ""
    """What the texts may be used under; kept for the report."""
    weight: float = Field(default=1.0, gt=0)
    """Share of the source in its domain, relative to the other sources of that domain."""
    text_field: str | list[str] = "text"
    """Column or columns of jsonl and parquet that make up the text, joined by line ends; the key of captions."""
    id_field: str | None = None
    """Column that names the document; without it a document is named after its place in its file."""
    split_before: str | None = None
    """For text: a regular expression; a document begins at each line that it matches."""
    kind: Literal["caption", "interleaved", "ocr", "knowledge", "qa"] | None = None
    """For pictures: what their text is to them; `images` are captions, `image_text` is interleaved."""
    damage: Literal["skip", "refuse"] = "skip"
    """What can't be read is counted, explained and left out, or ends the run."""

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name == GENERATED:
            raise ValueError(f"{GENERATED!r} names the bundled generators; choose another name")
        return name

    @field_validator("split_before")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression ({error}); correct it") from None
        return pattern

    @property
    def fields(self) -> list[str]:
        return [self.text_field] if isinstance(self.text_field, str) else self.text_field
