"""Several trainer ranks (torchrun), one leader: rank 0 has the engines, the judge and the buffer; all of them train.

Whatever the leader does alone goes through `from_leader`, so that the others get its result, or a `UserError` of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import torch.distributed as dist
from torch import Tensor

from k15.errors import UserError
from k15.ranks import leads
from k15.rollout.face import RolloutEngine
from k15.rollout.types import Chunk, Order, Prompt

T = TypeVar("T")


def from_leader(make: Callable[[], T]) -> T:
    """What `make` returns on the leader, on every rank. Collective; a `UserError` of the leader is raised on all.

    Any other error ends the leader, and the others with it: the collective that they wait in fails.
    """
    if dist.get_world_size() == 1:
        return make()
    message: list[Any] = [None]
    if leads():
        try:
            message = [("result", make())]
        except UserError as error:
            message = [("refused", str(error))]
    dist.broadcast_object_list(message)
    kind, value = message[0]
    if kind == "refused":
        raise UserError(value)
    result: T = value
    return result


class LeadersEngine(RolloutEngine):
    """What the other ranks have instead of an engine: nothing, which nobody must ask."""

    def run(self, order: Order) -> Iterator[Chunk]:
        self._refuse()

    def update_weights(self, tensors: Mapping[str, Tensor]) -> None:
        self._refuse()

    def weight_digests(self) -> dict[str, str]:
        self._refuse()

    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[list[float]]:
        self._refuse()

    def release(self) -> None:
        self._refuse()

    def close(self) -> None:
        pass

    def _refuse(self) -> NoReturn:
        raise AssertionError("only the leading rank has engines")
