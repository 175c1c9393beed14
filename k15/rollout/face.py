"""What every rollout engine offers, wherever it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from torch import Tensor

from k15.progress import Task
from k15.rollout.types import Chunk, Key, Order, Partial, Prompt, Request, Sample, Sampling


class RolloutEngine(ABC):
    """Samples responses with weights that can be replaced; a context manager."""

    @abstractmethod
    def run(self, order: Order) -> Iterator[Chunk]:
        """Sample `order`: finished responses as they end, and at its end the tokens of those that have not ended.

        Tokens of a response may come in several chunks. Closing the iterator abandons the order. Raises `UserError`
        for a request that the engine cannot take.
        """

    @abstractmethod
    def update_weights(self, tensors: Mapping[str, Tensor]) -> None:
        """Replace all weights by `tensors` (names and shapes of `model.safetensors`), without a reload."""

    @abstractmethod
    def weight_digests(self) -> dict[str, str]:
        """HF name -> `weights.tensor_digest` of what the engine computes with."""

    @abstractmethod
    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[list[float]]:
        """log p of each token of `response` after `prompt`; a list for every engine that answers."""

    @abstractmethod
    def release(self) -> None:
        """Give the device to the trainer, as the deployment does it; the next `update_weights` takes it back."""

    @abstractmethod
    def close(self) -> None:
        """Free everything."""

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, progress: Task | None = None
    ) -> list[list[Sample]]:
        """`sampling.n` samples of every prompt, in the prompts' order. `progress` counts finished prompts."""
        keys: list[Key] = [(index, number) for index in range(len(prompts)) for number in range(sampling.n)]
        found = {key: Partial() for key in keys}
        left = dict.fromkeys(range(len(prompts)), sampling.n)
        for chunk in self.run(Order([Request(key, prompts[key[0]]) for key in keys], sampling)):
            found[chunk.key].add(chunk)
            left[chunk.key[0]] -= chunk.finish_reason is not None
            if progress is not None and chunk.finish_reason is not None and not left[chunk.key[0]]:
                progress.advance()
        samples = iter(found.values())
        return [[_sample(next(samples)) for _ in range(sampling.n)] for _ in prompts]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _sample(partial: Partial) -> Sample:
    assert partial.finish_reason is not None  # an order without a budget ends with all of its responses
    return Sample(partial.ids, partial.finish_reason, partial.logprobs)
