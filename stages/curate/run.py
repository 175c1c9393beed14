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
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from k15.artifacts import publish
from k15.curation import memory
from k15.curation.mixture import STAGES
from k15.curation.packing import Tokens
from k15.curation.pieces import WorkersParams, prepare
from k15.errors import UserError
from k15.evaluation.guarded import guarded
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
    picture_parts,
    quality,
    texts,
    tokens,
    validate,
)
from stages.curate.mixing import Mixed, Owners
from stages.curate.params import CurateParams
from stages.curate.pictures import Pictures
from stages.curate.quality import Worth
from stages.curate.tokens import Encoded
from stages.curate.work import Beside, Work, with_columns


def run(params: CurateParams, ctx: Context) -> dict[str, Any]:
    """The six artifacts of the stage, and its metrics."""
    memory.use_frugal_allocator()
    work = Work(ctx.kept, ctx.setting(WorkersParams, "workers"), ctx.progress)
    benchmarks = ctx.params(BenchmarksParams, "benchmarks")
    items = list(guarded(benchmarks, ctx.root))  # a mistake there is said before the work begins
    prepare(work.workers)
    validate.require(params, ctx.root, ctx.progress)
    found, drawn, declared = _read(params, ctx, work)
    found, declared = _describe(params, work, found, declared, benchmarks, items)
    seen = Pictures.judged(work, [*drawn, *declared], params)
    files, of_classifier = _decide(params, work, found, ctx.root)
    tokenizer = tokens.tokenizer(work, files, seen, params.tokenizer, ctx.root)
    encoded = tokens.encode(work, files, tokenizer, params.seed)
    worth, mixed = _mix(params, encoded, ctx.root, work.scratch("mixed"))
    _require_blocks(mixed, params.block_length)
    _publish(params, ctx, files, mixed, worth, seen, tokenizer, tokens.joined(work, encoded))
    sizes = funnel.summed(encoded)
    metrics = {
        "funnel": funnel.funnel(files, sizes, seen),
        "planted": funnel.planted(files),
        "languages": funnel.languages(files),
        **funnel.tokenization(sizes, mixed, seen.kinds()),
        "quality": of_classifier,
    }
    work.tidy()
    return metrics


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


def _read(params: CurateParams, ctx: Context, work: Work) -> tuple[list[Beside], ...]:
    """Parts of texts, of drawn pictures and of the sources' pictures."""
    wanted = [
        texts.pieces(params, ctx.root, work),
        picture_parts.drawn(params, work),
        picture_parts.declared(params, ctx.root, work),
    ]
    if not wanted[0]:
        raise UserError("nothing to curate; add documents to curate.bundled or curate.sources")
    work.complete("read", [piece for pieces in reversed(wanted) for piece in pieces])  # pictures take longest
    return tuple([(piece.output, ()) for piece in pieces] for pieces in wanted)


def _describe(
    params: CurateParams,
    work: Work,
    found: Sequence[Beside],
    declared: Sequence[Beside],
    benchmarks: BenchmarksParams,
    items: Sequence[contamination.Item],
) -> tuple[list[Beside], list[Beside]]:
    """The columns beside texts, and what the texts of the sources' pictures hold: no kind waits for another."""
    compared = contamination.comparisons(work, [*found, *declared], benchmarks.decontamination, items)
    measured, signed = columns.measures(work, found), columns.signatures(work, found, params.duplicates)
    work.complete("columns", [*compared, *measured, *signed])
    for kind in (compared[: len(found)], measured, signed):
        found = with_columns(found, [piece.output for piece in kind])
    return list(found), with_columns(declared, [piece.output for piece in compared[len(found) :]])


def _decide(params: CurateParams, work: Work, found: Sequence[Beside], root: Path) -> tuple[list[Path], dict[str, Any]]:
    """What becomes of every text, one file a partition; and how good the quality classifier is."""
    verdicts = decisions.judged(work, found, params.filters)
    if not any(pq.read_table(verdict, columns=["filter"])["filter"].null_count for verdict in verdicts):
        count = sum(pq.read_metadata(part).num_rows for part, _ in found)
        raise UserError(f"none of {count} documents is left; loosen curate.filters or add sources")
    found = with_columns(found, doubles.without_doubles(work, found, verdicts))
    # Training is the work of one process, and so is the search for duplicates: the others do something else meanwhile.
    training, passing = quality.training(work, found, params.quality, params.seed), decisions.passing(work, found)
    done = work.complete("classifier", [*training, *passing])
    models, passed = done[: len(training)], done[len(training) :]
    search, scoring = decisions.search(work, passed, params.duplicates, root), quality.scoring(work, found, models)
    clusters, *scores = work.complete("duplicates and quality", [search, *scoring])
    files = decided.decide(work, with_columns(found, scores), clusters, params)
    return files, quality.figures_of(models)


def _mix(params: CurateParams, encoded: Sequence[Encoded], root: Path, place: Path) -> tuple[Worth, Mixed]:
    """What the kept texts are worth, and what the stages read of them."""
    owners = tokens.owners(encoded)
    judge = params.quality.judgements
    judged = quality.judged(tokens.document_ids(encoded), root / judge) if judge else None
    worth = quality.worth(owners, judged, params.quality)
    mixed = mixing.mix(Owners.of(owners, worth.factors), params)
    return memory.on_disk(worth, place / "worth"), memory.on_disk(mixed, place / "mixed")


def _publish(
    params: CurateParams,
    ctx: Context,
    files: Sequence[Path],
    mixed: Mixed,
    worth: Worth,
    seen: Pictures,
    tokenizer: Path,
    values: Tokens,
) -> None:
    producer = ctx.producer(params, [])
    save = Tokenizer.load(tokenizer).save_pretrained
    publish(ctx.artifact("curate/tokenizer"), "tokenizer", "tokenizer", producer, save)
    outputs.write(ctx, files, mixed, worth, values, seen, producer)


STAGE = Stage("curate", CurateParams, run, sections=("benchmarks",))
