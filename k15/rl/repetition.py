"""Whether a response has begun to repeat itself (§2.6): for responses that several segments make up, where the engine
sees only the tokens of the last one.

Guarantees: the answer is that of vLLM's `check_sequence_repetition` with the same `max_pattern_size` and `min_count`
and a `min_pattern_size` of 1, given the response's ids without the prompt's. vLLM asks after every token by which the
response has neither stopped nor reached its length; to end a response where vLLM would, ask likewise.
"""

from __future__ import annotations

from collections.abc import Sequence


def repeats(ids: Sequence[int], max_pattern: int, min_count: int) -> bool:
    """Do `ids` end in a pattern of 1 to `max_pattern` tokens that came `min_count` times running (at least 2)?

    The work does not depend on the length of `ids`, and a pattern is only compared as a whole where the last token is
    that of one period before: a response can be asked about after each of its tokens.
    """
    size = len(ids)
    if min_count < 2:
        return False
    for pattern in range(1, min(max_pattern, size // min_count) + 1):
        if ids[-1] != ids[-1 - pattern]:
            continue
        begin = size - pattern * min_count
        if ids[begin + pattern :] == ids[begin : size - pattern]:
            return True
    return False


def first_repeat(ids: Sequence[int], begin: int, max_pattern: int, min_count: int) -> int | None:
    """The least length, more than `begin`, at which `ids` repeat: where a response that got its tokens after `begin` at
    once would have ended, had it been asked about after each."""
    reach = max_pattern * min_count
    for size in range(begin + 1, len(ids) + 1):
        if repeats(ids[max(0, size - reach) : size], max_pattern, min_count):
            return size
    return None
