"""Union-find over document numbers, in a mapped file: the system may put any of it out of memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numba import njit

from k15.curation.duplicates.signed import Numbers, mapped


class Clusters:
    """The root of a cluster is always its smallest member."""

    def __init__(self, path: Path, size: int) -> None:
        self._parents: Numbers = mapped(path, size, np.int64)
        self._parents[:] = np.arange(size)

    def __len__(self) -> int:
        return len(self._parents)

    def join(self, first: Numbers, second: Numbers) -> None:
        """Unites first[i] with second[i], for all i."""
        _join(np.asarray(self._parents), first, second)

    def copy(self, path: Path) -> Clusters:
        copy = Clusters(path, len(self))
        copy._parents[:] = self._parents
        return copy

    def roots_of(self, members: Numbers) -> Numbers:
        """Of some members, in their order."""
        return _roots_of(np.asarray(self._parents), members)  # type: ignore[no-any-return]


@njit(cache=True)
def _find(parents, item):  # type: ignore[no-untyped-def]
    root = item
    while parents[root] != root:
        root = parents[root]
    while parents[item] != root:
        parents[item], item = root, parents[item]
    return root


@njit(cache=True)
def _join(parents, first, second):  # type: ignore[no-untyped-def]
    for i in range(len(first)):
        one, other = _find(parents, first[i]), _find(parents, second[i])
        parents[max(one, other)] = min(one, other)


@njit(cache=True)
def _roots_of(parents, members):  # type: ignore[no-untyped-def]
    result = np.empty(len(members), np.int64)
    for i in range(len(members)):
        result[i] = _find(parents, members[i])
    return result
