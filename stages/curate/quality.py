"""What the texts are worth: the scores that a classifier, a model and the measures give them (§2.5.1, App. B).

The classifier is trained on labelled seeds: the bundled generators' clean texts and the junk that they planted, named
sources, and what the rules rejected. `k15.curation.quality.combined` says what the scores come to.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import read_dataset
from k15.artifacts.storage import write_json
from k15.curation import parts
from k15.curation.pieces import Piece
from k15.curation.quality.classifier import Classifier, Seed, fit
from k15.curation.quality.combined import combine
from k15.curation.quality.combined import factors as by_quantile
from k15.curation.quality.params import QualityParams, Score, SeedParams
from k15.curation.sources import GENERATED
from k15.seeds import derive
from stages.curate import columns
from stages.curate.columns import CLASSIFIER
from stages.curate.work import Beside, Work, names

_FIGURES = "figures.json"


def training(work: Work, found: Sequence[Beside], params: QualityParams, seed: int) -> list[Piece]:
    """What trains the classifier, if there is to be one."""
    if params.classifier is None:
        return []
    on = [
        params.seeds.model_dump(),
        params.classifier.model_dump(),
        seed,
        [names((part, *others)) for part, others in found],
    ]
    place = work.place("classifier", on)
    train = partial(_train, found=found, params=params, seed=seed, figures=place / _FIGURES)
    return [Piece(place / "classifier.safetensors", train)]


def scored(work: Work, found: Sequence[Beside], trained: Sequence[Piece]) -> tuple[list[Path], dict[str, Any]]:
    """A file of the classifier's probabilities beside each part (none without a classifier), and its figures on seeds
    that it has not seen."""
    if not trained:
        return [], {}
    model = trained[0].output
    compute = partial(_probabilities, model=model)
    files = columns.beside(work, "quality", found, ("text",), compute, str(model))
    return files, json.loads(model.with_name(_FIGURES).read_text())


def _train(path: Path, found: Sequence[Beside], params: QualityParams, seed: int, figures: Path) -> None:
    assert params.classifier is not None
    classifier, measured = fit(_seeds(found, params.seeds, seed), params.classifier, seed)
    write_json(figures, measured)
    classifier.save(path)


def _seeds(found: Sequence[Beside], params: SeedParams, seed: int) -> list[Seed]:
    """The labelled texts: at most `most` of each kind, the first by hash."""
    chosen: dict[bool, list[tuple[int, str, str]]] = {True: [], False: []}
    for label, name, text in _labelled(found, params):
        item = (-derive(seed, "seeds", name), name, text)
        heap = chosen[label]
        if len(heap) < params.most:
            heapq.heappush(heap, item)
        else:
            heapq.heappushpop(heap, item)
    return [Seed(name, text, good) for good, heap in chosen.items() for _, name, text in heap]


def _labelled(found: Sequence[Beside], params: SeedParams) -> Iterator[tuple[bool, str, str]]:
    for part, others in found:
        for rows in parts.groups(part, others, ["id", "text", "source", "meta", "broken", "filter"]):
            for row in rows.to_pylist():
                planted = json.loads(row["meta"]).get("planted")
                rejected, generated = row["filter"] is not None, row["source"] == GENERATED
                label = params.label(row["source"], planted, rejected, generated)
                if label is not None and row["text"] and not row["broken"]:
                    yield label, row["id"], row["text"]


@cache
def _classifier(path: Path) -> Classifier:
    return Classifier.load(path)


def _probabilities(rows: pa.Table, model: Path) -> pa.Table:
    found = _classifier(model).probabilities(rows["text"].to_pylist())
    return pa.table({CLASSIFIER: pa.array(found.astype(np.float64), pa.float64())})


def factors(owners: Mapping[str, Any], params: QualityParams, root: Path) -> npt.NDArray[np.float64]:
    """How often each of the kept texts is read beside the others of its domain. `owners`: `tokens.owners` of ids,
    domains and scores."""
    scores: dict[Score, npt.ArrayLike] = {
        "rules": owners["rules_score"].to_numpy(),
        "classifier": owners["classifier_score"].to_numpy(),
    }
    if params.judgements is not None:
        scores["judge"] = _judgements(owners["id"], root / params.judgements)
    return by_quantile(combine(scores, params.weights), owners["domain"].to_numpy(), params.bands)


def _judgements(ids: pa.ChunkedArray, path: Path) -> npt.NDArray[np.float64]:
    """A model's scores of the documents; NaN for those that it has not seen."""
    table = read_dataset(path, "document_score")
    places = pc.index_in(ids, value_set=table["id"].combine_chunks())
    return pc.take(table["score"].combine_chunks(), places.combine_chunks()).to_numpy(zero_copy_only=False)
