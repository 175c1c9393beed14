"""Curation of the pretraining data (§2.5.1, App. B).

Generators and sources → normalise → filter → deduplicate → split → tokenizer → mixture → packed blocks;
vision documents beside them. Every dropped document is in the rejections with its reason.
Not here: model-based quality scores and embedding near-duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from k15.artifacts import publish, write_dataset
from k15.curation import dedup, filters, generators, measures, mixture, sources
from k15.curation.document import DOMAINS, Document, Rejection
from k15.curation.generators import vision
from k15.curation.mixture import SPLITS, Split
from k15.curation.normalise import normalise
from k15.errors import UserError
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.curate import corpus as corpora
from stages.curate import funnel
from stages.curate.params import CurateParams


def run(params: CurateParams, ctx: Context) -> dict[str, Any]:
    """The five artifacts of the stage, and its metrics."""
    read, kept, rejected = _filtered(params, ctx)
    ctx.progress.log(f"{len(read)} documents read, {len(rejected)} filtered; looking for duplicates")
    if not read:
        raise UserError("nothing to curate; add documents to curate.bundled or curate.sources")
    if not kept:
        raise UserError(f"none of {len(read)} documents is left; loosen curate.filters or add sources")
    kept, duplicates = dedup.deduplicate(kept, params.dedup)
    rejected += duplicates
    pictures = list(vision.generate(params.bundled.vision_documents, params.seed))
    splits = [_split(params, document.id) for document in kept]
    tokenizer = _train_tokenizer(params, kept, splits, pictures)
    corpus = corpora.encode(kept, splits, tokenizer, params, ctx.progress)
    tables = {(d, s): corpora.blocks(corpus, d, s, params) for s in SPLITS for d in DOMAINS}
    tokens = {place: table.num_rows * params.block_length for place, table in tables.items()}
    if not any(count for (_, split), count in tokens.items() if split == "train"):
        raise UserError("too few tokens for one block; add documents or lower curate.block_length")

    producer = ctx.producer(params, [])
    publish(ctx.artifact("curate/tokenizer"), "tokenizer", "tokenizer", producer, tokenizer.save_pretrained)
    write_dataset(ctx.artifact("curate/documents"), "document", corpus.rows(), producer=producer)
    reasons = sorted((rejection.row() for rejection in rejected), key=lambda row: str(row["id"]))
    write_dataset(ctx.artifact("curate/rejections"), "rejection", reasons, producer=producer)
    rows = (_vision_row(params, picture) for picture in pictures)
    write_dataset(ctx.artifact("curate/vision"), "vision_document", rows, producer=producer)
    write_dataset(ctx.artifact("curate/tokens"), "tokens", tables.values(), producer=producer)
    return {
        "funnel": funnel.funnel(read, rejected, corpus),
        "planted": funnel.planted(read, rejected),
        **funnel.tokenization(corpus, tokens, pictures),
    }


def _raw(params: CurateParams, ctx: Context) -> Iterator[Document]:
    bundled = params.bundled
    for domain, count in bundled.documents.items():
        yield from generators.generate(domain, count, bundled.junk_share, params.seed)
    for source in params.sources:
        yield from sources.read(source, ctx.root)


def _filtered(params: CurateParams, ctx: Context) -> tuple[list[Document], list[Document], list[Rejection]]:
    """All documents, those that pass their domain's rules, and why the others do not."""
    read, measured = [], []
    with ctx.progress.task("read and measure") as task:
        for document in _raw(params, ctx):
            clean = replace(document, text=normalise(document.text, document.domain))
            read.append(clean)
            measured.append(measures.measure(clean))
            task.advance()
    table = pa.table({"domain": pa.array([d.domain for d in read], pa.string()), **measures.columns(measured)})
    judged = {row.pop("row"): row for row in filters.judge(table, params.filters).to_pylist()}
    kept = [document for i, document in enumerate(read) if i not in judged]
    return read, kept, [Rejection(read[i], **row) for i, row in judged.items()]


def _split(params: CurateParams, document_id: str) -> Split:
    return mixture.split_of(document_id, params.validation_fraction, params.seed)


def _train_tokenizer(
    params: CurateParams,
    documents: Sequence[Document],
    splits: Sequence[Split],
    pictures: Sequence[vision.VisionDocument],
) -> Tokenizer:
    """From the training documents alone; a picture's place in a text is no text."""
    texts = [document.text for document, split in zip(documents, splits, strict=True) if split == "train"]
    seen = [picture.text for picture in pictures if _split(params, picture.id) == "train"]
    return Tokenizer.train([*texts, *(text.replace("<image>", "") for text in seen)], params.vocab_size)


def _vision_row(params: CurateParams, picture: vision.VisionDocument) -> dict[str, Any]:
    return {
        "id": picture.id,
        "kind": picture.kind,
        "text": picture.text,
        "images": list(picture.images),
        "source": sources.GENERATED,
        "split": _split(params, picture.id),
    }


STAGE = Stage("curate", CurateParams, run)
