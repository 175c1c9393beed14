"""Clocks with two hands: what time it is, what it will be or was, and the angle between the hands."""

from __future__ import annotations

import math
import random

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import INK, PAPERS, RGB, Canvas, Point

SIDE = 360
CENTRE: Point = (SIDE / 2, SIDE / 2)
_HANDS: tuple[tuple[RGB, RGB], ...] = (((200, 30, 40), (30, 80, 200)), ((30, 120, 60), (130, 40, 160)),
                                       ((30, 80, 200), (225, 110, 10)))  # fmt: skip


def _at(angle: float, length: float) -> Point:
    """A point `length` from the centre at `angle` degrees clockwise from twelve."""
    turn = math.radians(angle - 90)
    return CENTRE[0] + length * math.cos(turn), CENTRE[1] + length * math.sin(turn)


def _face(rng: random.Random, canvas: Canvas) -> None:
    canvas.disc(CENTRE, 165, (255, 255, 255), INK)
    numbers = rng.choice(("all", "all", "quarters", "roman", "none"))
    roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
    for minute in range(60):
        long = minute % 5 == 0
        canvas.line([_at(minute * 6, 150 if long else 157), _at(minute * 6, 164)], INK, 3 if long else 1)
    for hour in range(1, 13):
        if numbers in ("all", "roman") or (numbers == "quarters" and hour % 3 == 0):
            canvas.text(_at(hour * 30, 130), roman[hour - 1] if numbers == "roman" else str(hour), 24)


def name(minutes: int) -> str:
    """A time of day on the face of twelve hours."""
    hour, minute = divmod(minutes % 720, 60)
    return f"{hour or 12}:{minute:02d}"


def draw(rng: random.Random) -> Drawn:
    """One clock at a whole minute."""
    time, (short, long) = rng.randrange(720), rng.choice(_HANDS)
    kind = rng.choice(("read", "read", "read", "later", "earlier", "angle"))
    if kind == "angle":
        time -= time % 10  # half degrees at most
    canvas = Canvas(SIDE, SIDE, rng.choice(PAPERS))
    _face(rng, canvas)
    canvas.line([CENTRE, _at(time / 2, 70)], short, 9)
    canvas.line([CENTRE, _at(time * 6, 108)], long, 5)
    canvas.disc(CENTRE, 8, INK)
    if kind == "read":
        question, answer = "What time does the clock show?", name(time)
    elif kind == "angle":
        between = abs(time / 2 - time % 60 * 6) % 360
        question, answer = (
            "How many degrees is the smaller angle between the hands?",
            f"{min(between, 360 - between):g}",
        )
    else:
        moved = rng.choice((5, 10, 15, 20, 25, 30, 45, 60, 90, 120))
        later = f"What time will it be in {moved} minutes?"
        question = later if kind == "later" else f"What time was it {moved} minutes ago?"
        answer = name(time + (moved if kind == "later" else -moved))
    program = {"time": name(time), "hands": {"hour": short, "minute": long}, "question": question, "answer": answer}
    return Drawn(asked(question, answer), (canvas.png(),), program)
