import numpy as np
import pytest

from k15.curation.duplicates.clusters import Clusters
from k15.curation.duplicates.sorting import SortedFile


@pytest.mark.parametrize(("count", "values"), [(0, 5), (1, 5), (999, 3), (1000, 10**6), (5000, 2)])
def test_records_come_out_sorted_in_blocks_of_bounded_size(tmp_path, count, values):
    rng = np.random.default_rng(count)
    records = rng.integers(0, values, (count, 3), dtype=np.uint64)
    records[:, 2] = np.arange(count)
    file = SortedFile(tmp_path / "f", fields=3, keys=2, records=100)
    for begin in range(0, count, 37):
        file.add(records[begin : begin + 37])
    blocks = list(file.blocks())
    assert all(len(block) <= 100 for block in blocks)
    found = np.concatenate([*blocks, np.empty((0, 3), np.uint64)])
    assert found[:, :2].tolist() == sorted(records[:, :2].tolist())
    assert sorted(found.tolist()) == sorted(records.tolist())


def test_large_keys_keep_their_order(tmp_path):
    file = SortedFile(tmp_path / "f", fields=1, keys=1, records=2)
    values = [2**64 - 1, 0, 2**63, 2**63 - 1, 2**53 + 1, 2**53]
    file.add(np.array(values, np.uint64)[:, None])
    assert np.concatenate(list(file.blocks()))[:, 0].tolist() == sorted(values)


def test_union_find_roots_are_the_smallest_members(tmp_path):
    edges = [(4, 3), (1, 2), (3, 1), (6, 5)]
    for order in (edges, edges[::-1]):
        clusters = Clusters(tmp_path / "c", 7)
        clusters.join(*np.array(order).T)
        assert clusters.roots_of(np.arange(7)).tolist() == [0, 1, 1, 1, 1, 5, 5]
