import numpy as np
import pytest

from k15.curation.quality.combined import combine, factors
from k15.curation.quality.params import Band, QualityParams, SeedParams
from k15.errors import UserError
from k15.params import parse_params

BANDS = [Band(quantile=0.1, factor=0.0), Band(quantile=0.8, factor=1.0), Band(quantile=1, factor=2.0)]
SEEDS = {"good": ["books"], "bad": ["spam"], "bundled": True, "rejected": True, "most": 100}
PARAMS = {
    "seeds": SEEDS,
    "classifier": None,
    "judgements": None,
    "weights": {"rules": 1.0, "classifier": 3.0},
    "bands": [band.model_dump() for band in BANDS],
}


def test_the_combined_score_is_a_weighted_mean_of_what_is_there():
    nan = np.nan
    scores = {"rules": [0.2, 1.0, nan], "classifier": [0.6, nan, nan]}
    assert combine(scores, {"rules": 1.0, "classifier": 3.0}) == pytest.approx([0.5, 1.0, nan], nan_ok=True)
    assert combine(scores, {"classifier": 1.0}) == pytest.approx([0.6, nan, nan], nan_ok=True)
    assert np.isnan(combine(scores, {"judge": 1.0})).all()


def test_factors_by_quantile_within_a_domain():
    # Ten of math, worst first, and two of code, all of which are better.
    scores = [i / 10 for i in range(10)] + [5.0, 6.0]
    domains = ["math"] * 10 + ["code"] * 2
    assert factors(scores, domains, BANDS).tolist() == [0, *[1] * 7, 2, 2, 0, 2]
    shuffled = np.random.default_rng(1).permutation(12)
    again = factors(np.array(scores)[shuffled], np.array(domains)[shuffled], BANDS)
    assert again.tolist() == factors(scores, domains, BANDS)[shuffled].tolist()


def test_equal_scores_are_treated_alike_and_missing_ones_are_neutral():
    assert factors([0.5] * 10, ["math"] * 10, BANDS).tolist() == [2.0] * 10
    assert factors([np.nan, np.nan], ["math", "code"], BANDS).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("source", "planted", "dropped", "label"),
    [
        ("books", None, None, True),
        ("books", None, "words", False),
        ("books", None, "contaminated", None),
        ("spam", None, None, False),
        ("spam", None, "unreadable", None),
        ("web", None, None, None),
        ("web", None, "words", False),
        *(("web", None, filter, None) for filter in ("empty", "contaminated", "language_match", "duplicate_id")),
        ("generated", None, None, True),
        ("generated", None, "words", False),
        ("generated", None, "contaminated", None),
        ("generated", "gibberish", None, False),
        ("generated", "gibberish", "words", False),
        ("generated", "near_duplicate", None, None),
    ],
)
def test_labels(source: str, planted: str | None, dropped: str | None, label: bool | None):
    assert SeedParams(**SEEDS).label(source, planted, dropped, source == "generated") is label


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": {**SEEDS, "bad": ["books"]}}, "source 'books' is both good and bad"),
        ({"weights": {"rules": 0.0}}, "nor all of them 0"),
        ({"weights": {"taste": 1.0}}, "quality.weights"),
        ({"bands": [{"quantile": 0.5, "factor": 1.0}]}, "must rise and end at 1"),
        ({"bands": []}, "quality.bands"),
    ],
)
def test_mistakes_are_named(changes: dict, message: str):
    assert parse_params(QualityParams, "quality", PARAMS).bands == BANDS
    with pytest.raises(UserError, match=message):
        parse_params(QualityParams, "quality", {**PARAMS, **changes})
