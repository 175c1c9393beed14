"""Curation of the pretraining data (§2.5.1, App. B).

Generators and sources → normal form → measures, signatures and contamination as columns → rules → quality →
duplicates → tokenizer → a mixture for each stage of pretraining → packed blocks; vision documents beside them. Every
dropped document is in the rejections with its reason; `python -m stages.curate explain ID` tells a document's story.

The steps up to the tokens work part by part, in as many workers as there are or on another engine, and memory does not
grow with the corpus but for some numbers a document. A killed run goes on with the parts that are missing; another run
finds what it has in common with the last one, so a changed threshold measures nothing again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from k15.artifacts import publish, write_dataset
from k15.curation.mixture import STAGES
from k15.curation.packing import Tokens
from k15.curation.pieces import WorkersParams
from k15.errors import UserError
from k15.evaluation.params import BenchmarksParams
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.curate import (
    columns,
    contamination,
    decided,
    decisions,
    doubles,
    funnel,
    mixing,
    outputs,
    pictures,
    quality,
    texts,
    tokens,
    validate,
)
from stages.curate.mixing import Mixed, Owners
from stages.curate.params import CurateParams
from stages.curate.quality import Worth
from stages.curate.work import Beside, Work, with_columns


def run(params: CurateParams, ctx: Context) -> dict[str, Any]:
    """The six artifacts of the stage, and its metrics."""
    work = Work(ctx.kept, ctx.setting(WorkersParams, "workers"), ctx.progress)
    validate.require(params, ctx.root)
    found, vision = _read(params, ctx, work)
    files, of_classifier = _decide(params, ctx, work, found)
    of_vision = tokens.Vision(partial(pictures.texts, vision, params), pictures.texts_on(vision, params))
    tokenizer = tokens.tokenizer(work, files, of_vision, params.tokenizer, ctx.root)
    encoded = tokens.encode(work, files, tokenizer)
    owners = tokens.owners(encoded)
    worth = quality.worth(owners, params.quality, ctx.root)
    mixed = mixing.mix(Owners.of(owners, worth.factors), params)
    _require_blocks(mixed, params.block_length)
    _publish(params, ctx, files, mixed, worth, vision, tokenizer, tokens.joined(work, encoded))
    work.tidy()
    return {
        "funnel": funnel.funnel(files, owners),
        "planted": funnel.planted(files),
        "languages": funnel.labelled(files, "identified_language"),
        **funnel.tokenization(owners, mixed, pictures.counts(vision)),
        "quality": of_classifier,
    }


def _require_blocks(mixed: Mixed, length: int) -> None:
    """Now, not when the stage that needs them begins."""
    for stage in STAGES:
        if max(mixed.tokens(stage, "train").values(), default=0) < length:
            raise UserError(
                f"too few tokens for one block of {stage}; add documents of the domains in curate.mixture.{stage}, or "
                "lower curate.block_length"
            )
    if not mixed.tokens("pretrain", "validation"):
        raise UserError("no documents for validation; raise curate.validation_fraction")


def _read(params: CurateParams, ctx: Context, work: Work) -> tuple[list[Beside], list[Path]]:
    """Parts of texts, and of pictures."""
    of_texts, of_pictures = texts.pieces(params, ctx.root, work), pictures.pieces(params, ctx.root, work)
    if not of_texts:
        raise UserError("nothing to curate; add documents to curate.bundled or curate.sources")
    files = work.complete("read", [*of_pictures, *of_texts])  # pictures take longest
    return [(part, ()) for part in files[len(of_pictures) :]], files[: len(of_pictures)]


def _decide(
    params: CurateParams, ctx: Context, work: Work, found: Sequence[Beside]
) -> tuple[list[Path], dict[str, Any]]:
    """What becomes of every text, one file a partition; and how good the quality classifier is."""
    benchmarks = ctx.params(BenchmarksParams, "benchmarks")
    found = with_columns(found, columns.measured(work, found))
    found = with_columns(found, columns.signed(work, found, params.duplicates))
    found = with_columns(found, contamination.compared(work, found, benchmarks, ctx.root))
    verdicts = decisions.judged(work, found, params.filters)
    if not any(pq.read_table(verdict, columns=["filter"])["filter"].null_count for verdict in verdicts):
        count = sum(pq.read_metadata(part).num_rows for part, _ in found)
        raise UserError(f"none of {count} documents is left; loosen curate.filters or add sources")
    found = with_columns(found, doubles.without_doubles(work, found, verdicts))
    clusters = decisions.duplicates(work, found, params.duplicates)
    scores, of_classifier = quality.scored(work, found, params.quality, params.seed)
    return decided.decide(work, with_columns(found, scores), clusters, params), of_classifier


def _publish(
    params: CurateParams,
    ctx: Context,
    files: Sequence[Path],
    mixed: Mixed,
    worth: Worth,
    vision: Sequence[Path],
    tokenizer: Path,
    values: Tokens,
) -> None:
    producer = ctx.producer(params, [])
    save = Tokenizer.load(tokenizer).save_pretrained
    publish(ctx.artifact("curate/tokenizer"), "tokenizer", "tokenizer", producer, save)
    outputs.write(ctx, files, mixed, worth, producer)
    write_dataset(ctx.artifact("curate/vision"), "vision_document", pictures.rows(vision, params), producer=producer)
    write_dataset(ctx.artifact("curate/tokens"), "tokens", mixed.tables(values), producer=producer)


STAGE = Stage("curate", CurateParams, run, sections=("benchmarks",))
