"""Curation of the pretraining data (§2.5.1, App. B).

Generators and sources → normal form → measures and signatures as columns → rules → duplicates → tokenizer → mixture →
packed blocks; vision documents beside them. Every dropped document is in the rejections with its reason, and
`python -m stages.curate explain ID` tells a document's story.

The steps up to the tokens work part by part, in as many workers as there are or on another engine, and memory does
not grow with the corpus but for some numbers a document (§ of `docs/curation.md`). A killed run goes on with the parts
that are missing; another run finds what it has in common with the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from k15.artifacts import publish, write_dataset
from k15.errors import UserError
from k15.evaluation.params import BenchmarksParams
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from stages.curate import columns, contamination, decided, decisions, funnel, mixing, outputs, pictures, texts, tokens, validate
from stages.curate.decisions import Beside
from stages.curate.mixing import Mixed, Owners
from stages.curate.params import CurateParams
from stages.curate.work import Work


def run(params: CurateParams, ctx: Context) -> dict[str, Any]:
    """The six artifacts of the stage, and its metrics."""
    work = Work(ctx.kept, params.workers, ctx.progress)
    validate.require(params, ctx.root)
    found, vision = _read(params, ctx, work)
    files = _decide(params, ctx, work, found)
    tokenizer = tokens.tokenizer(work, files, pictures.texts(vision, params), params.tokenizer, ctx.root)
    encoded = tokens.encode(work, files, tokenizer)
    owners = tokens.owners(encoded, ("id", "domain", "split", "source", "bytes"))
    mixed = mixing.mix(Owners.of(owners), params)
    if max(count for (_, split), count in mixed.tokens.items() if split == "train") < params.block_length:
        raise UserError("too few tokens for one block; add documents or lower curate.block_length")
    _publish(params, ctx, files, mixed, vision, tokenizer, tokens.joined(work, encoded))
    work.tidy()
    return {
        "funnel": funnel.funnel(files, owners),
        "planted": funnel.planted(files),
        "languages": funnel.labelled(files, "identified_language"),
        **funnel.tokenization(owners, mixed.tokens, pictures.counts(vision)),
        "multiplicity": mixed.multiplicities,
        "occupancy": round(mixed.occupancy, 5),
    }


def _read(params: CurateParams, ctx: Context, work: Work) -> tuple[list[Path], list[Path]]:
    """Parts of texts, and of pictures."""
    of_texts, of_pictures = texts.pieces(params, ctx.root, work), pictures.pieces(params, ctx.root, work)
    if not of_texts:
        raise UserError("nothing to curate; add documents to curate.bundled or curate.sources")
    files = work.complete("read", [*of_pictures, *of_texts])  # pictures take longest
    return files[len(of_pictures) :], files[: len(of_pictures)]


def _decide(params: CurateParams, ctx: Context, work: Work, found: Sequence[Path]) -> list[Path]:
    """What becomes of every text, one file a partition."""
    measures, signatures = columns.measured(work, found), columns.signed(work, found, params.duplicates)
    benchmarks = ctx.params(BenchmarksParams, "benchmarks")
    hits = contamination.compared(work, found, params.decontamination, benchmarks, ctx.root)
    known = list(zip(measures, signatures, *([hits] if hits else []), strict=True))
    key = [params.filters.model_dump(), [[str(path) for path in paths] for paths in known]]
    verdicts = decisions.judged(work, list(zip(found, known, strict=True)), params.filters, key)
    together: list[Beside] = [
        (part, (*others, verdict)) for part, others, verdict in zip(found, known, verdicts, strict=True)
    ]
    if not any(_passing(verdict) for verdict in verdicts):
        count = sum(pq.read_metadata(part).num_rows for part in found)
        raise UserError(f"none of {count} documents is left; loosen curate.filters or add sources")
    clusters = decisions.duplicates(work, together, params.duplicates, key)
    return decided.decide(work, together, clusters, params, key)


def _passing(verdicts: Path) -> int:
    return int(pq.read_table(verdicts, columns=["filter"])["filter"].null_count)


def _publish(
    params: CurateParams,
    ctx: Context,
    files: Sequence[Path],
    mixed: Mixed,
    vision: Sequence[Path],
    tokenizer: Path,
    values: Any,
) -> None:
    producer = ctx.producer(params, [])
    save = Tokenizer.load(tokenizer).save_pretrained
    publish(ctx.artifact("curate/tokenizer"), "tokenizer", "tokenizer", producer, save)
    lengths, weights = pa.array(mixed.owners.lengths, pa.int32()), pa.array(mixed.weights, pa.float32())
    outputs.write(ctx, files, lengths, weights, producer)
    write_dataset(ctx.artifact("curate/vision"), "vision_document", pictures.rows(vision, params), producer=producer)
    write_dataset(ctx.artifact("curate/tokens"), "tokens", mixed.tables(values), producer=producer)


STAGE = Stage("curate", CurateParams, run, sections=("benchmarks",))
