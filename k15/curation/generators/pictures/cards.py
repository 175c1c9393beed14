"""Knowledge figures: cards of invented things, trees of kinds, timelines, and elements and planets as they are (App.
B: knowledge).

Guarantees: the text states all that the figure shows; what it adds (the group of an element, the number of a planet)
is so.
"""

from __future__ import annotations

import random
from functools import lru_cache

from k15.curation.generators import knowledge
from k15.curation.generators.pictures.base import Drawn, article, listed
from k15.curation.generators.pictures.canvas import GREY, PAPERS, Canvas, text_width
from k15.drawing import fonts

_WORLDS = 64
_FRAMES = ((200, 215, 240), (215, 235, 210), (245, 220, 200), (230, 215, 240))
# Symbol, name, atomic number, atomic mass rounded, group of the periodic table.
ELEMENTS = (
    ("H", "Hydrogen", 1, 1, "nonmetal"), ("He", "Helium", 2, 4, "noble gas"), ("Li", "Lithium", 3, 7, "alkali metal"),
    ("C", "Carbon", 6, 12, "nonmetal"), ("N", "Nitrogen", 7, 14, "nonmetal"), ("O", "Oxygen", 8, 16, "nonmetal"),
    ("F", "Fluorine", 9, 19, "halogen"), ("Ne", "Neon", 10, 20, "noble gas"), ("Na", "Sodium", 11, 23, "alkali metal"),
    ("Mg", "Magnesium", 12, 24, "alkaline earth metal"), ("Al", "Aluminium", 13, 27, "metal"),
    ("P", "Phosphorus", 15, 31, "nonmetal"), ("S", "Sulfur", 16, 32, "nonmetal"), ("Ar", "Argon", 18, 40, "noble gas"),
    ("K", "Potassium", 19, 39, "alkali metal"), ("Ca", "Calcium", 20, 40, "alkaline earth metal"),
    ("Fe", "Iron", 26, 56, "transition metal"), ("Zn", "Zinc", 30, 65, "transition metal"),
    ("Br", "Bromine", 35, 80, "halogen"), ("Ag", "Silver", 47, 108, "transition metal"),
    ("I", "Iodine", 53, 127, "halogen"), ("Au", "Gold", 79, 197, "transition metal"),
)  # fmt: skip
PLANETS = {
    "Mercury": (150, 145, 140), "Venus": (230, 205, 150), "Earth": (60, 120, 220), "Mars": (200, 85, 50),
    "Jupiter": (205, 165, 125), "Saturn": (225, 195, 130), "Uranus": (150, 215, 225), "Neptune": (50, 80, 200),
}  # fmt: skip
_KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "living things": {"animals": ("birds", "fish", "insects", "mammals"),
                      "plants": ("trees", "grasses", "ferns", "mosses")},
    "shapes": {"polygons": ("triangles", "squares", "hexagons", "pentagons"),
               "solids": ("cubes", "cones", "spheres", "prisms")},
    "numbers": {"integers": ("evens", "odds", "primes"), "fractions": ("halves", "thirds", "quarters")},
    "instruments": {"strings": ("violins", "harps", "guitars"), "winds": ("flutes", "horns", "oboes"),
                    "percussion": ("drums", "bells")},
    "vehicles": {"on land": ("cars", "trains", "bicycles"), "on water": ("boats", "ferries"),
                 "in the air": ("planes", "gliders")},
    "words": {"nouns": ("names", "things", "places"), "verbs": ("actions", "states"),
              "adjectives": ("colours", "sizes")},
}  # fmt: skip


@lru_cache(maxsize=_WORLDS)
def _world(number: int) -> list[knowledge.Entity]:
    return knowledge.world(random.Random(number))


def invented(rng: random.Random) -> list[knowledge.Entity]:
    """The things of one of a few invented worlds."""
    return _world(rng.randrange(_WORLDS))


def _card(rng: random.Random) -> Drawn:
    entity = rng.choice(invented(rng))
    facts = dict(entity.facts)
    canvas, frame = Canvas(380, 110 + 44 * len(facts), rng.choice(PAPERS)), rng.choice(_FRAMES)
    canvas.box((16, 16), (364, 66), frame, GREY)
    canvas.text((190, 34), entity.name, 24, font=fonts.BOLD)
    canvas.text((190, 56), entity.kind, 13, GREY)
    for number, (attribute, value) in enumerate(facts.items()):
        y = 100 + 44 * number
        canvas.text((40, y), attribute, 18, GREY, "lm")
        canvas.text((200, y), value, 18, anchor="lm", font=fonts.BOLD)
        canvas.line([(30, y + 22), (350, y + 22)], (200, 200, 200), 1)
    told = " ".join(knowledge.state(rng, entity, attribute) for attribute in facts)
    text = f"{entity.name} is a {entity.kind}. <image>\n{told}"
    return Drawn(text, (canvas.png(),), {"form": "card", "name": entity.name, "of": entity.kind, "facts": facts})


def _node(canvas: Canvas, place: tuple[float, float], words: str, frame: tuple[int, int, int]) -> None:
    (x, y), half = place, text_width(words, 15) / 2 + 9
    canvas.box((x - half, y - 15), (x + half, y + 15), frame, GREY)
    canvas.text(place, words, 15)


def _tree(rng: random.Random) -> Drawn:
    root = rng.choice(list(_KINDS))
    below = {kind: rng.sample(leaves, rng.randint(2, min(3, len(leaves)))) for kind, leaves in _KINDS[root].items()}
    kinds, frame = rng.sample(list(below), len(below)), rng.choice(_FRAMES)
    leaves = [leaf for kind in kinds for leaf in below[kind]]
    step = max(text_width(leaf, 15) for leaf in leaves) + 34
    canvas = Canvas(round(step * len(leaves)) + 20, 260, rng.choice(PAPERS))
    top, left = (10 + step * len(leaves) / 2, 40.0), 0
    for kind in kinds:
        count = len(below[kind])
        middle = (10 + step * (left + count / 2), 130.0)
        canvas.line([top, middle], GREY)
        for number, leaf in enumerate(below[kind]):
            place = (10 + step * (left + number + 0.5), 220.0)
            canvas.line([middle, place], GREY)
            _node(canvas, place, leaf, (255, 255, 255))
        _node(canvas, middle, kind, frame)
        left += count
    _node(canvas, top, root, frame)
    told = " ".join(f"Of {kind}, it names {listed(below[kind])}." for kind in kinds)
    text = f"A tree of {root}: {listed(kinds)}. {told}\n<image>"
    return Drawn(text, (canvas.png(),), {"form": "tree", "root": root, "below": {kind: below[kind] for kind in kinds}})


def _timeline(rng: random.Random) -> Drawn:
    towns = [entity for entity in invented(rng) if "founded" in entity.facts]
    chosen = {entity.facts["founded"]: entity.name for entity in rng.sample(towns, rng.randint(3, 5))}
    events = sorted(chosen.items())
    canvas = Canvas(130 * len(events) + 40, 190, rng.choice(PAPERS))
    canvas.line([(20, 100), (20 + 130 * len(events), 100)], width=3)
    for number, (year, name) in enumerate(events):
        x = 85 + 130 * number
        canvas.disc((x, 100), 7, rng.choice(_FRAMES), (30, 30, 30))
        canvas.text((x, 70), name, 16, font=fonts.BOLD)
        canvas.text((x, 132), year, 16)
    told = " ".join(f"{name} was founded in {year}." for year, name in events)
    names = f"The oldest of the towns is {events[0][1]}, the youngest {events[-1][1]}."
    program = {"form": "timeline", "events": [list(event) for event in events]}
    return Drawn(f"<image>\nFrom left to right: {told} {names}", (canvas.png(),), program)


def _elements(rng: random.Random) -> Drawn:
    chosen = sorted(rng.sample(ELEMENTS, rng.randint(2, 4)), key=lambda element: element[2])
    canvas = Canvas(150 * len(chosen) + 30, 190, rng.choice(PAPERS))
    for number, (symbol, name, order, mass, _) in enumerate(chosen):
        left, frame = 20 + 150 * number, rng.choice(_FRAMES)
        canvas.box((left, 20), (left + 138, 170), frame, GREY)
        canvas.text((left + 12, 36), str(order), 17, anchor="lm")
        canvas.text((left + 69, 84), symbol, 44, font=fonts.BOLD)
        canvas.text((left + 69, 130), name, 16)
        canvas.text((left + 69, 153), str(mass), 14, GREY)
    told = [
        f"{name} ({symbol}) is element number {order}, with an atomic mass of about {mass}; it is {article(group)}."
        for symbol, name, order, mass, group in chosen
    ]
    program = {"form": "elements", "elements": [list(element) for element in chosen]}
    return Drawn("<image>\n" + " ".join(told), (canvas.png(),), program)


def _planets(rng: random.Random) -> Drawn:
    first = rng.randint(0, len(PLANETS) - 4)
    order = list(PLANETS)
    shown = order[first : first + rng.randint(3, 4)]
    canvas = Canvas(110 * len(shown) + 130, 200, (20, 22, 40))
    canvas.disc((-20, 100), 80, (250, 210, 70))
    for number, name in enumerate(shown):
        canvas.disc((140 + 110 * number, 95), 26, PLANETS[name])
        canvas.text((140 + 110 * number, 150), name, 16, (240, 240, 240))
    told = [f"{name} is planet number {order.index(name) + 1} from the Sun." for name in shown]
    text = f"Some planets in order of their distance from the Sun (not to scale): {', '.join(shown)}.\n<image>\n"
    return Drawn(text + " ".join(told), (canvas.png(),), {"form": "planets", "shown": shown})


def figure(rng: random.Random) -> Drawn:
    """A figure and the facts that it shows."""
    return rng.choice((*[_card] * 4, *[_tree] * 2, *[_timeline] * 3, *[_elements] * 3, _planets))(rng)
