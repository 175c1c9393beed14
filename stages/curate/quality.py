"""What the texts are worth: the scores that a classifier, a model and the measures give them (§2.5.1, App. B).

The classifier learns from labelled seeds (`seeds`): the bundled generators' clean texts and the junk that they planted,
named sources, and what the rules rejected. It is trained again only where other seeds are chosen, whatever else is new.
`k15.curation.quality.combined` says what the scores come to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import read_dataset
from k15.artifacts.storage import write_json
from k15.curation.pieces import Piece
from k15.curation.quality.classifier import Classifier
from k15.curation.quality.combined import combine
from k15.curation.quality.combined import factors as by_quantile
from k15.curation.quality.features import characters
from k15.curation.quality.params import ClassifierParams, QualityParams, Score
from k15.curation.quality.training import fit
from k15.curation.sources import GENERATED
from stages.curate import columns, seeds
from stages.curate.columns import CLASSIFIER
from stages.curate.work import Beside, Work, names

Floats = npt.NDArray[np.float64]

_FIGURES = "figures.json"


def training(work: Work, found: Sequence[Beside], params: QualityParams, seed: int) -> list[Piece]:
    """What trains the classifier, if there is to be one."""
    if params.classifier is None:
        return []
    known = seeds.chosen(work, found, params, seed)
    place = work.place("classifier", params.classifier.model_dump(), seed, seeds.names_of(known))
    train = partial(_train, known=known, params=params.classifier, seed=seed, figures=place / _FIGURES)
    return [Piece(place / "classifier.safetensors", train)]


def scoring(work: Work, found: Sequence[Beside], models: Sequence[Path]) -> list[Piece]:
    """A file of the classifier's probabilities beside each part; none without a classifier."""
    return [
        piece
        for model in models
        for piece in columns.beside(
            work, "quality", found, ("text",), partial(_probabilities, model=model), names([model])
        )
    ]


def figures_of(models: Sequence[Path]) -> dict[str, Any]:
    """The classifier's on seeds that it has not seen."""
    return json.loads(models[0].with_name(_FIGURES).read_text()) if models else {}


def _train(path: Path, known: Sequence[Path], params: ClassifierParams, seed: int, figures: Path) -> None:
    classifier, measured = fit(seeds.read(known), params, seed)
    write_json(figures, measured)
    classifier.save(path)


@cache
def _classifier(path: Path) -> Classifier:
    return Classifier.load(path)


def _probabilities(rows: pa.Table, model: Path) -> pa.Table:
    classifier = _classifier(model)
    begins = pc.utf8_slice_codeunits(rows["text"], 0, characters(classifier.params.words))
    found = classifier.probabilities(begins.to_pylist())
    return pa.table({CLASSIFIER: pa.array(found.astype(np.float64), pa.float64())})


@dataclass(frozen=True)
class Worth:
    """Of each kept text: what a model thinks of it, the combined score (NaN for none), and the quality factor."""

    judged: Floats
    combined: Floats
    factors: Floats


def worth(owners: Mapping[str, Any], by_judge: Floats | None, params: QualityParams) -> Worth:
    """How often each of the kept texts is read beside the others of its domain, and why. `owners`: of `tokens.owners`;
    `by_judge`: a model's scores of them, if there are any.

    Generated texts and those of sources have ranks of their own: a classifier whose good seeds are generated tells the
    one from the other better than good from bad.
    """
    if by_judge is None:
        by_judge = np.full(len(owners["source"]), np.nan)
    scores: dict[Score, npt.ArrayLike] = {
        "rules": owners["rules_score"].to_numpy(),
        "classifier": owners["classifier_score"].to_numpy(),
        "judge": by_judge,
    }
    combined = combine(scores, params.weights)
    domains, sources = (owners[name].combine_chunks().dictionary_encode() for name in ("domain", "source"))
    generated = sources.indices.to_numpy() == sources.dictionary.index(GENERATED).as_py()
    groups = 2 * domains.indices.to_numpy() + generated
    return Worth(by_judge, combined, by_quantile(combined, groups, params.bands))


def judged(ids: pa.ChunkedArray, path: Path) -> Floats:
    """A model's scores of the documents; NaN for those that it has not seen."""
    table = read_dataset(path, "document_score")
    places = pc.index_in(ids, value_set=table["id"].combine_chunks())
    return pc.take(table["score"].combine_chunks(), places.combine_chunks()).to_numpy(zero_copy_only=False)
