"""Microbatches: rows of tokens with their targets, document segments and pictures.

Two ways to make rows: `pack` fills rows of a fixed length with whole examples that do not see each other
(first-fit-decreasing, so little is padding), `pad` gives every example a row of its own; `by_length` then finds the
examples to pad together. None shortens an example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from k15.errors import UserError
from k15.tokenizer import IMAGE, PAD

IGNORED = -100


@dataclass(frozen=True)
class Example:
    """One training sequence. `targets[t]` is the token to predict after `ids[t]`, or IGNORED. Every picture's
    patches are `<image>` tokens among the first `given` of `ids`; one after them was sampled, and is plain text
    to the engine as to the trainer. `weight` is the factor of its targets' losses."""

    ids: list[int]
    targets: list[int]
    given: int
    images: tuple[bytes, ...] = ()
    weight: float = 1.0

    @property
    def predicted(self) -> int:
        """How many tokens are targets."""
        return sum(t != IGNORED for t in self.targets)


@dataclass(frozen=True)
class Batch:
    """`tokens` and `targets` [B, T]; `segments` [B, T] (-1: padding) or None when every row is one document;
    `images` [N, 3, S, S] or None, and `patches` [B, T]: where their patches stand, in row order; `weights` [B, T]:
    factor of each target's loss, or None for 1."""

    tokens: Tensor
    targets: Tensor
    segments: Tensor | None = None
    images: Tensor | None = None
    patches: Tensor | None = None
    weights: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        moved = {name: x.to(device) for name, x in vars(self).items() if x is not None}
        return replace(self, **moved)

    @property
    def weight(self) -> float:
        """What the loss is averaged over: the number of targets, or the sum of their weights."""
        wanted = self.targets != IGNORED
        return float((wanted if self.weights is None else self.weights[wanted]).sum())


def document(ids: Sequence[int], images: tuple[bytes, ...] = ()) -> Example:
    """Plain next-token prediction over a whole document; picture patches are no targets."""
    targets = [t if t != IMAGE else IGNORED for t in ids[1:]]
    return Example(list(ids), [*targets, IGNORED], len(ids), images)


def dialogue(prompt: Sequence[int], response: Sequence[int], images: tuple[bytes, ...] = ()) -> Example:
    """Supervised fine-tuning: the response is predicted, the prompt only read. An empty response is an error:
    a mask that covers everything trains nothing."""
    if not response:
        raise UserError("a training example has an empty response; remove it")
    ids = [*prompt, *response]
    return Example(ids, [IGNORED] * (len(prompt) - 1) + list(response) + [IGNORED], len(prompt), images)


def expand_images(ids: Sequence[int], image_tokens: int) -> list[int]:
    """Repeat every `<image>` token once per patch."""
    return [token for i in ids for token in ([IMAGE] * image_tokens if i == IMAGE else [i])]


def pixels(images: Sequence[bytes], size: int) -> Tensor | None:
    """The pictures as the tower takes them [N, 3, size, size], or None without pictures."""
    from k15.model.hf_files import preprocess_image

    return torch.stack([preprocess_image(png, size) for png in images]) if images else None


def pad(examples: Sequence[Example], image_size: int) -> Batch:
    """One example a row, padded on the right: causal attention alone keeps padding out."""
    length = max(len(e.ids) for e in examples)
    rows = _Rows(len(examples), length)
    for row, example in enumerate(examples):
        rows.write(row, 0, example)
    return rows.batch([png for e in examples for png in e.images], image_size)


class _Rows:
    """Empty rows that examples are written into."""

    def __init__(self, count: int, length: int) -> None:
        self.tokens = torch.full((count, length), PAD)
        self.targets = torch.full((count, length), IGNORED)
        self.patches = torch.zeros(count, length, dtype=torch.bool)
        self.weights = torch.ones(count, length)

    def write(self, row: int, start: int, example: Example) -> int:
        """Returns where the example ends."""
        end = start + len(example.ids)
        self.tokens[row, start:end] = torch.tensor(example.ids)
        self.targets[row, start:end] = torch.tensor(example.targets)
        self.weights[row, start:end] = example.weight
        self.patches[row, start : start + example.given] = self.tokens[row, start : start + example.given] == IMAGE
        return end

    def batch(self, images: Sequence[bytes], image_size: int, segments: Tensor | None = None) -> Batch:
        pictures = pixels(images, image_size)
        return Batch(self.tokens, self.targets, segments, pictures, self.patches, self.weights)


def fit(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """First-fit-decreasing: indices of `lengths` in rows of at most `capacity`. Raises UserError for an item that
    fits no row."""
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if lengths[index] > capacity:
            raise UserError(f"an example of {lengths[index]} tokens does not fit rows of {capacity}; raise the length")
        row = next((r for r, left in enumerate(room) if left >= lengths[index]), len(rows))
        if row == len(rows):
            rows.append([])
            room.append(capacity)
        rows[row].append(index)
        room[row] -= lengths[index]
    return rows


def by_length(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices of `lengths` in microbatches of similar lengths, shortest first, each padded to its longest: at most
    `budget` places in each (one example at least), and of all such ways the one with the least work.

    A microbatch counts as its places and a 32nd of the budget on top, for what it costs to begin another: so rows of
    one length stay together, and a long tail of lengths is not padded to its end.
    """
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    extra = max(1, budget // 32)
    best: list[tuple[int, int]] = [(0, 0)]  # work for the first n of `order`, and where their last microbatch begins
    for end, last in enumerate(order, 1):
        ways = []
        for start in range(end - 1, -1, -1):
            places = (end - start) * lengths[last]
            if places > budget and start < end - 1:
                break
            ways.append((best[start][0] + places + extra, start))
        best.append(min(ways))
    parts, end = [], len(order)
    while end:
        start = best[end][1]
        parts.append(order[start:end])
        end = start
    return parts[::-1]


def pack(examples: Sequence[Example], length: int, image_size: int) -> Batch:
    """All `examples` in as few rows of `length` tokens as first-fit-decreasing needs."""
    members = fit([len(e.ids) for e in examples], length)
    rows = _Rows(len(members), length)
    segments = torch.full((len(members), length), -1)
    images: list[bytes] = []
    for row, indices in enumerate(members):
        start = 0
        for segment, index in enumerate(indices):
            end = rows.write(row, start, examples[index])
            segments[row, start:end] = segment
            images.extend(examples[index].images)
            start = end
    return rows.batch(images, image_size, segments)
