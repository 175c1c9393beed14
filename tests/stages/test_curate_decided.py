"""What is written of every text: its scores."""

import numpy as np
import pyarrow as pa

from k15.curation.measures import MEASURES
from stages.curate.columns import CLASSIFIER
from stages.curate.decided import scores


def test_a_row_has_the_scores_that_are_known_of_it() -> None:
    rows = pa.table({"words": [3.0, None], "characters": [None, 7.0], CLASSIFIER: [0.5, 1.0]})
    assert scores(rows).to_pylist() == [[("words", 3.0), (CLASSIFIER, 0.5)], [("characters", 7.0), (CLASSIFIER, 1.0)]]


def test_scores_of_very_many_rows_are_one_array() -> None:
    count = 120_000
    rows = pa.table({name: np.zeros(count) for name in MEASURES})
    assert len(scores(rows)) == count
