"""How alike two pictures are, between 0 and 1, for a reward of drawing what a target shows.

Only the foreground counts: the pixels where either picture differs from the target's background (its most frequent
colour), and their neighbourhood. So an empty canvas gets nothing for a target that is mostly paper, and marks that
the target lacks cost as much as missing ones. The product of three agreements:

- structure: SSIM (Wang et al. 2004; uniform 7×7 window) of luminance at 1/2, 1/4, 1/8 and 1/16 of the size;
- colour: distance in RGB at half the size, weighted by how colourful a place is in either picture;
- edges: F1 of edge pixels.

Antialiasing and layout move lines a little, so that each place is compared with the best one within two pixels. Equal
pictures have exactly 1. Not promised: that a digit or word that is wrong costs more than its few pixels do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.floating]
"""Height × width (× 3), from 0 to 1."""

_WINDOW = 7
_SCALES = (0.2856, 0.3001, 0.2363, 0.1333)
"""Weight of each scale, fine to coarse: those of MS-SSIM (Wang et al. 2003) but for its finest, full size."""
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_C1, _C2 = 0.01**2, 0.03**2
_VISIBLE = 0.08
"""Distance in RGB, of at most 1, from which on a pixel is not background."""
_EDGE = 0.12
"""Step of luminance between neighbours that is an edge."""
_NEAR = 2
"""Pixels that an edge may have moved."""
_PALE = 0.03
"""Weight of what has no colour beside what is fully coloured: a line's colour counts, however much text there is."""
_OTHER_COLOUR = 0.4
"""Mean distance of colours, of at most 1, from which on nothing agrees."""


@dataclass(frozen=True)
class Likeness:
    structure: float
    colour: float
    edges: float

    @property
    def score(self) -> float:
        return self.structure * self.colour * self.edges


def compare(target: Pixels, picture: Pixels) -> Likeness:
    """Both RGB of the same size."""
    paper = _paper(target)
    marked = np.maximum(_differs(target, paper), _differs(picture, paper))
    if not marked.any():
        return Likeness(1.0, 1.0, 1.0)
    grey, other = target @ _LUMINANCE, picture @ _LUMINANCE
    return Likeness(_structure(grey, other, marked), _colour(target, picture, marked), _edges(grey, other))


def _paper(picture: Pixels) -> Pixels:
    """The most frequent colour, of 16 steps a channel."""
    steps = (picture * 15 + 0.5).astype(np.int32)
    codes = (steps[..., 0] << 8) + (steps[..., 1] << 4) + steps[..., 2]
    most = np.bincount(codes.ravel(), minlength=4096).argmax()
    return np.asarray(picture[codes == most].mean(axis=0), dtype=np.float32)


def _distance(one: Pixels, other: Pixels) -> Pixels:
    return np.asarray(np.sqrt(((one - other) ** 2).mean(axis=-1)), dtype=np.float32)


def _differs(picture: Pixels, colour: Pixels) -> Pixels:
    return (_distance(picture, colour) > _VISIBLE).astype(np.float32)


def _structure(one: Pixels, other: Pixels, marked: Pixels) -> float:
    found = []
    for _ in _SCALES:
        if min(one.shape) < 2 * _WINDOW:
            break
        one, other, marked = _halved(one), _halved(other), _halved(marked)
        alike = np.maximum.reduce([_ssim(one, moved) for moved in _moves(other)])
        found.append(max(0.0, float(np.average(alike, weights=_means(marked) + 1e-9))))
    return float(np.average(found, weights=_SCALES[: len(found)])) if found else 1.0


def _ssim(one: Pixels, other: Pixels) -> Pixels:
    mean, mean_other = _means(one), _means(other)
    variance = _means(one * one) - mean**2
    variance_other = _means(other * other) - mean_other**2
    covariance = _means(one * other) - mean * mean_other
    above = (2 * mean * mean_other + _C1) * (2 * covariance + _C2)
    return np.asarray(above / ((mean**2 + mean_other**2 + _C1) * (variance + variance_other + _C2)), dtype=np.float32)


def _means(picture: Pixels) -> Pixels:
    """Means of all whole windows, from sums over the columns, then the rows; in double, for they are long sums."""
    means: NDArray[np.floating] = picture
    for axis in (0, 1):
        sums = np.insert(np.cumsum(means, axis=axis, dtype=np.float64), 0, 0, axis=axis)
        ends = np.arange(_WINDOW, sums.shape[axis])
        means = (sums.take(ends, axis) - sums.take(ends - _WINDOW, axis)) / _WINDOW
    return means


def _halved(picture: Pixels) -> Pixels:
    height, width = (size // 2 * 2 for size in picture.shape[:2])
    even = picture[:height, :width]
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4, dtype=np.float32)


def _colour(target: Pixels, picture: Pixels, marked: Pixels) -> float:
    if min(marked.shape) >= 2:
        target, picture, marked = _halved(target), _halved(picture), _halved(marked)
    weights = (marked + 1e-9) * (_PALE + np.maximum(np.ptp(target, axis=-1), np.ptp(picture, axis=-1)))
    far = (_farness(target, picture) + _farness(picture, target)) / 2
    return max(0.0, 1 - float(np.average(far, weights=weights)) / _OTHER_COLOUR)


def _farness(one: Pixels, other: Pixels) -> Pixels:
    """How far the colour of each pixel is from the nearest colour around that place in the other picture."""
    return np.minimum.reduce([_distance(one, moved) for moved in _moves(other)])


def _moves(picture: Pixels) -> list[Pixels]:
    """The picture, and moved by a pixel in each of eight directions."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, [(1, 1), (1, 1), (0, 0)][: picture.ndim], mode="edge")
    return [padded[down : down + height, right : right + width] for down in range(3) for right in range(3)]


def _edges(one: Pixels, other: Pixels) -> float:
    edges, others = _edge_pixels(one), _edge_pixels(other)
    if not edges.any() and not others.any():
        return 1.0
    found = np.sum(edges & _widened(others, _NEAR)) + np.sum(others & _widened(edges, _NEAR))
    return float(found / (edges.sum() + others.sum()))


def _edge_pixels(grey: Pixels) -> NDArray[np.bool_]:
    steps = np.zeros(grey.shape, dtype=bool)
    steps[:, :-1] |= np.abs(np.diff(grey, axis=1)) > _EDGE
    steps[:-1] |= np.abs(np.diff(grey, axis=0)) > _EDGE
    return steps


def _widened(marks: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """With the neighbours of each mark, `by` pixels far."""
    for axis in (0, 1):
        padded = np.pad(marks, [(by, by) if axis == own else (0, 0) for own in (0, 1)])
        size = marks.shape[axis]
        marks = np.logical_or.reduce([padded.take(range(at, at + size), axis) for at in range(2 * by + 1)])
    return marks
