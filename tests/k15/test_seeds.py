"""Derived seeds."""

from k15.seeds import derive


def test_seeds_are_stable_distinct_and_63_bit() -> None:
    assert derive(0) == 7520536977032167579  # sha256("[0]"), first 63 bits
    names = [(), ("a",), ("b",), ("a", "b"), ("ab",), ("a", 1), ("a", "1"), (1,)]
    seeds = {derive(seed, *name) for seed in (0, 1) for name in names}
    assert len(seeds) == 2 * len(names)
    assert all(0 <= seed < 2**63 for seed in seeds)
