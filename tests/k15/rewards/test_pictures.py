"""The comparison of pictures: which of two is the better likeness, and what a likeness is worth."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from k15.rewards.pictures import Pixels, compare
from k15.rewards.visual import THRESHOLD

SIZE = (320, 240)
VALUES = (30, 80, 55, 120)


def chart(
    values: tuple[int, ...] = VALUES, colour: str = "#1f77b4", kind: str = "bars", smooth: int = 3
) -> Image.Image:
    """Drawn `smooth` times as large, for antialiasing."""
    picture = Image.new("RGB", (SIZE[0] * smooth, SIZE[1] * smooth), "white")
    draw = ImageDraw.Draw(picture)

    def scaled(*numbers: float) -> list[float]:
        return [number * smooth for number in numbers]

    draw.rectangle(scaled(40, 20, 300, 200), outline="black", width=smooth)
    tops = [(70 + 60 * index, 200 - value) for index, value in enumerate(values)]
    if kind == "bars":
        for x, y in tops:
            draw.rectangle(scaled(x - 20, y, x + 20, 200), fill=colour)
    else:
        draw.line([number for x, y in tops for number in scaled(x, y)], fill=colour, width=2 * smooth)
    draw.text(scaled(120, 210), "quarter", fill="black", font_size=12 * smooth)
    return picture.resize(SIZE, Image.Resampling.BOX)


def pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture, dtype=np.float32) / 255


def moved(picture: Image.Image, by: int) -> Image.Image:
    page = Image.new("RGB", picture.size, "white")
    page.paste(picture, (by, by))
    return page


def score(target: Image.Image, picture: Image.Image) -> float:
    return compare(pixels(target), pixels(picture)).score


@pytest.mark.parametrize("kind", ["bars", "line"])
def test_likeness_falls_with_what_is_wrong(kind: str) -> None:
    target = chart(kind=kind)
    ordered = [
        score(target, target),
        score(target, moved(target, 1)),
        score(target, moved(target, 3)),
        score(target, chart((120, 20, 30, 90), kind=kind)),
        score(target, Image.new("RGB", SIZE, "white")),
    ]
    assert ordered[0] == 1.0
    assert ordered[-1] == 0.0
    assert ordered == sorted(ordered, reverse=True)
    assert ordered[1] > THRESHOLD > ordered[3]


@pytest.mark.parametrize("kind", ["bars", "line"])
def test_another_colour_or_kind_is_wrong(kind: str) -> None:
    target = chart(kind=kind)
    assert score(target, chart(colour="#ff7f0e", kind=kind)) < THRESHOLD
    assert score(target, chart(kind="line" if kind == "bars" else "bars")) < 0.5


def test_antialiasing_is_no_difference() -> None:
    assert score(chart(smooth=4), chart(smooth=2)) > 0.9


@pytest.mark.parametrize("kind", ["bars", "line"])
def test_no_constant_blurred_or_noisy_canvas_is_paid(kind: str) -> None:
    target = chart(kind=kind)
    mean = tuple(int(channel) for channel in np.asarray(target).mean(axis=(0, 1)))
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    canvases = [Image.new("RGB", SIZE, colour) for colour in ("white", "black", "#1f77b4", mean)]
    canvases += [target.filter(ImageFilter.GaussianBlur(12)), Image.fromarray(noise)]
    assert max(score(target, canvas) for canvas in canvases) < 0.02


def test_marks_that_the_target_lacks_cost_as_missing_ones_do() -> None:
    plain, more = chart(), chart()
    ImageDraw.Draw(more).ellipse([180, 30, 220, 70], fill="red")
    assert score(plain, more) == pytest.approx(score(more, plain), abs=0.02)
    assert score(plain, more) < 0.9


def test_pictures_of_one_colour() -> None:
    white, red = Image.new("RGB", SIZE, "white"), Image.new("RGB", SIZE, "red")
    assert score(white, white) == 1.0
    assert score(white, red) == 0.0


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (13, 200), (15, 16)])
def test_small_pictures(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    one, other = (rng.random((size[1], size[0], 3), dtype=np.float32) for _ in range(2))
    assert compare(one, one).score == 1.0
    assert 0 <= compare(one, other).score < 1
