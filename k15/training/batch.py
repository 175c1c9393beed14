"""Microbatches: rows of tokens with their targets, document segments and pictures.

Two ways to make rows: `pack` fills rows of a fixed length with whole examples that do not see each other
(first-fit-decreasing, so little is padding), `pad` gives every example a row of its own. Neither shortens an example.
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
    patches are `<image>` tokens in `ids`."""

    ids: list[int]
    targets: list[int]
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Batch:
    """`tokens` and `targets` [B, T]; `segments` [B, T] (-1: padding) or None when every row is one document;
    `images` [N, 3, S, S] or None; `weights` [B, T]: factor of each target's loss, or None for 1."""

    tokens: Tensor
    targets: Tensor
    segments: Tensor | None = None
    images: Tensor | None = None
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
    return Example(list(ids), [*targets, IGNORED], images)


def dialogue(prompt: Sequence[int], response: Sequence[int], images: tuple[bytes, ...] = ()) -> Example:
    """Supervised fine-tuning: the response is predicted, the prompt only read. An empty response is an error:
    a mask that covers everything trains nothing."""
    if not response:
        raise UserError("a training example has an empty response; remove it")
    ids = [*prompt, *response]
    return Example(ids, [IGNORED] * (len(prompt) - 1) + list(response) + [IGNORED], images)


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
    tokens = torch.full((len(examples), length), PAD)
    targets = torch.full((len(examples), length), IGNORED)
    for row, example in enumerate(examples):
        tokens[row, : len(example.ids)] = torch.tensor(example.ids)
        targets[row, : len(example.ids)] = torch.tensor(example.targets)
    return Batch(tokens, targets, images=pixels([png for e in examples for png in e.images], image_size))


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


def pack(examples: Sequence[Example], length: int, image_size: int) -> Batch:
    """All `examples` in as few rows of `length` tokens as first-fit-decreasing needs."""
    rows = fit([len(e.ids) for e in examples], length)
    tokens = torch.full((len(rows), length), PAD)
    targets = torch.full((len(rows), length), IGNORED)
    segments = torch.full((len(rows), length), -1)
    images: list[bytes] = []
    for row, members in enumerate(rows):
        start = 0
        for segment, index in enumerate(members):
            example = examples[index]
            end = start + len(example.ids)
            tokens[row, start:end] = torch.tensor(example.ids)
            targets[row, start:end] = torch.tensor(example.targets)
            segments[row, start:end] = segment
            images.extend(example.images)
            start = end
    return Batch(tokens, targets, segments, pixels(images, image_size))
