"""Slots: a core with its boxes."""

import itertools

from k15.sandbox.box import Box
from k15.sandbox.cgroups import BoxGroup, Layout

_numbers = itertools.count()
"""Of all boxes of this process: their cgroups and user ids differ, whichever pool they belong to."""


class Slot:
    """A core with the box of programs and that of the judge of function tests, each started on first use."""

    def __init__(self, core: int, layout: Layout | None) -> None:
        self.core = core
        self.layout = layout
        self._boxes: dict[str, Box] = {}

    def box(self, role: str) -> Box:
        """The box named `role` ("program" or "judge"); a new one where the last has ended."""
        box = self._boxes.get(role)
        if box is None or not box.alive:
            if box is not None:
                _dispose(self._boxes.pop(role))
            box = self._boxes[role] = self._start()
        return box

    def _start(self) -> Box:
        number = next(_numbers)
        group = BoxGroup.create(self.layout, str(number)) if self.layout else None
        try:
            return Box(number, self.core, group)
        except BaseException:
            if group:
                group.remove()
            raise

    def close(self) -> None:
        """Ends the boxes; the next use starts new ones."""
        while self._boxes:
            _dispose(self._boxes.popitem()[1])


def _dispose(box: Box) -> None:
    box.close()
    if box.group:
        box.group.remove()
