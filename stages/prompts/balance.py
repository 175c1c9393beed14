"""The final balance of the RL prompt set, over disciplines and over difficulty (§2.1).

Guarantees: what is dropped depends on the tags, the shares and the seed alone; no group falls below the smallest one of
its kind, since there all are equal and a smaller share does not exist.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence

Cell = tuple[str, str]


def surplus(cells: Sequence[Cell], max_shares: tuple[float, float], seed: int) -> set[int]:
    """Positions to drop, so that no discipline and no difficulty label has more than its `max_shares` of the rest if
    that is possible. `cells` are the (discipline, label) of all positions.

    What a group has too much of is taken from where it is densest: of a discipline from its commonest label, of a label
    from its commonest discipline.
    """
    order = list(range(len(cells)))
    random.Random(seed).shuffle(order)
    left = dict.fromkeys(order)
    while True:
        before = len(left)
        for axis, share in enumerate(max_shares):
            cap = _cap(list(Counter(cells[i][axis] for i in left).values()), share)
            for group in sorted({cells[i][axis] for i in left}):
                own = [i for i in left if cells[i][axis] == group]
                for index in _densest(own, cells, 1 - axis, len(own) - cap):
                    del left[index]
        if len(left) == before:
            return set(order) - set(left)


def _densest(own: Sequence[int], cells: Sequence[Cell], axis: int, count: int) -> list[int]:
    """`count` of the positions `own`, each taken from the group along `axis` that has most of them left."""
    groups: dict[str, list[int]] = {}
    for index in own:
        groups.setdefault(cells[index][axis], []).append(index)
    return [max(sorted(groups.items()), key=lambda item: len(item[1]))[1].pop() for _ in range(count)]


def _cap(counts: Sequence[int], max_share: float) -> int:
    """The largest cap c with c ≤ max_share · Σ min(n, c), but never below the smallest count."""
    smallest, cap = min(counts, default=0), max(counts, default=0)
    while cap > smallest:
        allowed = math.floor(max_share * sum(min(count, cap) for count in counts))
        if allowed >= cap:
            break
        cap = max(allowed, smallest)
    return cap
