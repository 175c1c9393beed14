"""Vision-language documents as packed training batches, alone or mixed into text at a given share.

A document weighs as much as a text of its length, patches included, though they are no targets: so a share of the
rows is a share of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from k15.artifacts import read_rows
from k15.errors import UserError
from k15.tokenizer import END_OF_TEXT, Tokenizer
from k15.training.batch import Batch, Example, document, expand_images, pack
from k15.training.corpus import Shuffle, TokenBlocks


class VisionDocuments:
    """Interleaved documents of the split "train" as examples, in a seeded endless order. Those of more than `length`
    tokens are left out and counted in `too_long`: cut, they would lose a picture's patches."""

    def __init__(
        self,
        path: Path,
        tokenizer: Tokenizer,
        image_tokens: int,
        image_size: int,
        length: int,
        seed: int,
        kinds: Sequence[str] | None = None,
    ) -> None:
        rows = [
            row
            for row in read_rows(path, "vision_document")
            if row["split"] == "train" and (kinds is None or row["kind"] in kinds)
        ]
        if not rows:
            raise UserError(f"{path}: no vision documents of {kinds or 'any kind'}; curate some")
        texts = tokenizer.encode_batch([row["text"] for row in rows])
        self.examples: list[Example] = []
        for ids, row in zip(texts, rows, strict=True):
            expanded = [*expand_images(ids, image_tokens), END_OF_TEXT]
            if len(expanded) <= length:
                example = document(expanded, tuple(row["images"]))
                self.examples.append(replace(example, weight=len(expanded) / example.predicted))
        if not self.examples:
            raise UserError(f"{path}: every vision document is longer than {length} tokens; raise the length")
        self.too_long = len(rows) - len(self.examples)
        self.length, self.image_size = length, image_size
        self.order = Shuffle(len(self.examples), seed)
        self.mean_length = sum(len(e.ids) for e in self.examples) / len(self.examples)

    def batch(self, step: int, rows: int) -> Batch:
        """About `rows` packed rows, the same for the same step."""
        count = max(1, int(rows * self.length / self.mean_length))
        return pack([self.examples[i] for i in self.order.take(step * count, count)], self.length, self.image_size)


class Mixture:
    """Text rows with a vision-language share that follows `share_at(step)` of all rows."""

    def __init__(self, text: TokenBlocks, vision: VisionDocuments, rows: int, seed: int) -> None:
        self.text, self.vision, self.rows = text, vision, rows
        self.order = Shuffle(len(text), seed)

    def batches(self, step: int, share: float) -> list[Batch]:
        """One microbatch of text and one of vision-language documents."""
        vision_rows = round(self.rows * share)
        batches = []
        if vision_rows < self.rows:
            text_rows = self.rows - vision_rows
            batches.append(self.text.batch(self.order.take(step * self.rows, text_rows)))
        if vision_rows:
            batches.append(self.vision.batch(step, vision_rows))
        return batches
