"""Repetition at the end of a response: by hand, and as vLLM sees it."""

from __future__ import annotations

import random

import pytest

from k15.rl.repetition import first_repeat, repeats
from k15.rollout import process

with process.importing_vllm():
    from vllm.sampling_params import RepetitionDetectionParams
    from vllm.v1.core.sched.utils import check_sequence_repetition


@pytest.mark.parametrize(
    ("ids", "max_pattern", "min_count", "expected"),
    [
        ([5, 1, 1, 1], 1, 3, True),
        ([5, 1, 1], 1, 3, False),
        ([9, 1, 2, 3, 1, 2, 3], 3, 2, True),
        ([9, 1, 2, 3, 1, 2, 3], 2, 2, False),  # a pattern of three
        ([1, 2, 3, 1, 2, 3, 1], 3, 2, True),  # 2 3 1 came twice
        ([1, 2, 3, 1, 2, 3, 4], 3, 2, False),  # not at the end
        ([1, 2, 1, 2], 2, 2, True),  # just long enough
        ([2, 1, 2], 2, 2, False),
        ([1, 1, 2, 2], 2, 2, True),  # a pattern of one
        ([3, 3, 3, 3], 0, 2, False),
        ([], 4, 2, False),
    ],
)
def test_by_hand(ids: list[int], max_pattern: int, min_count: int, expected: bool) -> None:
    assert repeats(ids, max_pattern, min_count) is expected
    assert repeats(tuple(ids), max_pattern, min_count) is expected


def planted(generator: random.Random) -> list[int]:
    """Random tokens of a small vocabulary, then a pattern over and over, some with a fault, some cut."""
    vocabulary = range(generator.choice([1, 2, 3, 50]))
    ids = generator.choices(vocabulary, k=generator.randrange(30))
    ids += generator.choices(vocabulary, k=generator.randrange(1, 9)) * generator.randrange(7)
    if ids and generator.random() < 0.3:
        ids[generator.randrange(len(ids))] = generator.choice(vocabulary)
    return ids[: len(ids) - generator.randrange(3)] if generator.random() < 0.3 else ids


def test_as_vllm() -> None:
    generator = random.Random(1)
    found = 0
    for _ in range(20000):
        ids, max_pattern, min_count = planted(generator), generator.randrange(0, 10), generator.randrange(2, 6)
        params = RepetitionDetectionParams(max_pattern_size=max_pattern, min_count=min_count)
        expected = check_sequence_repetition(ids, params)
        assert repeats(ids, max_pattern, min_count) is expected, (ids, max_pattern, min_count)
        found += expected
    assert 2000 < found < 18000


def test_a_pattern_across_segments() -> None:
    """Two of three in the first segment, one in the second: neither repeats alone."""
    first, second = [7, 1, 2, 1, 2], [1, 2, 8]
    assert first_repeat(first, 0, 2, 3) is None and first_repeat(second, 0, 2, 3) is None
    assert first_repeat(first + second, len(first), 2, 3) == 7


def test_first_repeat_is_where_asking_after_each_token_ends() -> None:
    generator = random.Random(2)
    for _ in range(2000):
        ids, begin = planted(generator), generator.randrange(10)
        ends = [size for size in range(begin + 1, len(ids) + 1) if repeats(ids[:size], 4, 3)]
        assert first_repeat(ids, begin, 4, 3) == (ends[0] if ends else None)
