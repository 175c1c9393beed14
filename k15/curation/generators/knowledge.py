"""Knowledge: an invented world of towns, people and minerals, written up in articles, tables and questions;
and documents that only make sense to a reader who looks back: lookups, copies, reversals.

Guarantees: the world is the same for a seed, so a fact never contradicts itself. Lookups and copies use
fresh names and numbers each time: they cannot be learnt by heart, only by copying.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_SYLLABLES = ("ka", "lo", "mi", "ru", "se", "ta", "vo", "ni", "pe", "du", "fa", "gi", "ho", "ba", "ze", "ly")
_ENDINGS = {
    "town": ("ville", "ford", "bay", "burg"),
    "person": ("n", "s", "l", "r"),
    "mineral": ("ite", "ium", "ol"),
}
_VALUES = {
    "river": ("Orin", "Tamar", "Velo", "Sind", "Luna", "Koro", "Mara", "Esk"),
    "trade": ("salt", "wool", "paper", "glass", "fish", "iron", "honey", "silk"),
    "side": ("north", "south", "east", "west"),
    "work": ("painter", "doctor", "pilot", "writer", "singer", "judge", "builder", "cook"),
    "colour": ("red", "green", "blue", "white", "black", "yellow"),
    "use": ("lamps", "bells", "paint", "coins", "boats", "tools"),
    "hardness": ("1", "2", "3", "4", "5", "6", "7", "8", "9"),
}  # fmt: skip
_ATTRIBUTES = {
    "town": ("river", "trade", "side", "founded"),
    "person": ("work", "born", "side", "colour"),
    "mineral": ("colour", "use", "hardness", "found"),
}
_SENTENCES = {
    "river": (
        "{name} lies on the river {value}.", "The river {value} runs through {name}.",
        "The river of {name} is the {value}.",
    ),
    "trade": (
        "{name} is known for its {value}.", "People in {name} sell {value}.",
        "Most {value} comes from {name}.",
    ),
    "side": (
        "{name} is in the {value}.", "To find {name}, go {value}.",
        "You will meet {name} in the {value} of the country.",
    ),
    "founded": (
        "{name} was founded in {value}.", "In {value}, {name} was built.",
        "The first houses of {name} date from {value}.",
    ),
    "work": ("{name} works as a {value}.", "{name} is a {value}.", "The {value} {name} is well known."),
    "born": (
        "{name} was born in {value}.", "In {value}, {name} was born.",
        "{name} came into the world in {value}.",
    ),
    "colour": (
        "The colour of {name} is {value}.", "{name} is best seen in {value}.", "{name} goes with {value}.",
    ),
    "use": (
        "{name} is used for {value}.", "Good {value} are made with {name}.",
        "Without {name} there would be no {value}.",
    ),
    "hardness": ("The hardness of {name} is {value}.", "{name} has hardness {value}."),
    "found": ("{name} was found in {value}.", "In {value}, miners found {name}."),
}  # fmt: skip
_QUESTIONS = {
    "river": "Which river runs through {name}?",
    "trade": "What is {name} known for?",
    "side": "Where is {name}?",
    "founded": "When was {name} founded?",
    "work": "What is the work of {name}?",
    "born": "When was {name} born?",
    "colour": "What is the colour of {name}?",
    "use": "What is {name} used for?",
    "hardness": "How hard is {name}?",
    "found": "When was {name} found?",
}  # fmt: skip
ENTITIES_PER_KIND = 150


@dataclass(frozen=True)
class Entity:
    """One thing of the world and what is true of it."""

    kind: str
    name: str
    facts: Mapping[str, str]


def world(rng: random.Random) -> list[Entity]:
    """`ENTITIES_PER_KIND` towns, people and minerals with distinct names."""
    entities: list[Entity] = []
    names: set[str] = set()
    for kind, attributes in _ATTRIBUTES.items():
        while len(entities) % ENTITIES_PER_KIND or not entities or entities[-1].kind != kind:
            name = ("".join(rng.sample(_SYLLABLES, 2)) + rng.choice(_ENDINGS[kind])).capitalize()
            if name in names:
                continue
            names.add(name)
            values = {a: rng.choice(_VALUES[a]) if a in _VALUES else str(rng.randint(1100, 1990)) for a in attributes}
            entities.append(Entity(kind, name, values))
    return entities


def state(rng: random.Random, entity: Entity, attribute: str) -> str:
    """One sentence that states a fact."""
    return rng.choice(_SENTENCES[attribute]).format(name=entity.name, value=entity.facts[attribute])


def _article(rng: random.Random, entities: list[Entity]) -> str:
    entity, other = rng.sample(entities, 2)
    chosen = rng.sample(_ATTRIBUTES[entity.kind], rng.randint(2, 4))
    sentences = [f"{entity.name} is a {entity.kind}."] if rng.random() < 0.6 else []
    sentences += [state(rng, entity, attribute) for attribute in chosen]
    sentences.append(state(rng, other, rng.choice(_ATTRIBUTES[other.kind])))
    return " ".join(sentences)


def _quiz(rng: random.Random, entities: list[Entity]) -> str:
    lines = []
    for entity in rng.sample(entities, rng.randint(2, 4)):
        attribute = rng.choice(_ATTRIBUTES[entity.kind])
        lines.append(f"{_QUESTIONS[attribute].format(name=entity.name)} {entity.facts[attribute]}.")
    return "\n".join(lines)


def _table(rng: random.Random, entities: list[Entity]) -> str:
    kind = rng.choice(list(_ATTRIBUTES))
    rows = rng.sample([entity for entity in entities if entity.kind == kind], rng.randint(3, 5))
    columns = rng.sample(_ATTRIBUTES[kind], 2)
    lines = [f"{kind} | {' | '.join(columns)}"]
    lines += [" | ".join([row.name, *(row.facts[column] for column in columns)]) for row in rows]
    asked, attribute = rng.choice(rows), rng.choice(columns)
    return "\n".join([*lines, f"{_QUESTIONS[attribute].format(name=asked.name)} {asked.facts[attribute]}."])


def _reading(rng: random.Random, entities: list[Entity]) -> str:
    """Facts, then a question that one of them answers."""
    chosen = rng.sample(entities, rng.randint(3, 5))
    stated = [(entity, rng.choice(_ATTRIBUTES[entity.kind])) for entity in chosen]
    text = " ".join(state(rng, entity, attribute) for entity, attribute in stated)
    entity, attribute = rng.choice(stated)
    return f"{text}\n{_QUESTIONS[attribute].format(name=entity.name)} {entity.facts[attribute]}."


def _keys(rng: random.Random, count: int) -> dict[str, str]:
    names = ("".join(rng.sample(_SYLLABLES, 2)).capitalize() for _ in range(count))
    return {name: str(rng.randint(100, 999)) for name in names}


def _lookup(rng: random.Random, entities: list[Entity]) -> str:
    codes = _keys(rng, rng.randint(3, 8))
    form = rng.choice(("{name}: {code}", "{name}={code}", "The code of {name} is {code}."))
    separator = rng.choice(("\n", " ")) if form.endswith(".") else rng.choice(("\n", ", ", "; "))
    listed = separator.join(form.format(name=name, code=code) for name, code in codes.items())
    asked = rng.sample(list(codes), min(len(codes), rng.randint(1, 3)))
    answers = [form.format(name=name, code=codes[name]) for name in asked]
    return "\n".join(["Codes", listed, "Asked", *answers])


def _copy(rng: random.Random, entities: list[Entity]) -> str:
    items = [rng.choice((rng.choice(_SYLLABLES), str(rng.randint(10, 999)))) for _ in range(rng.randint(4, 10))]
    line = " ".join(items)
    task, result = rng.choice(
        [("Copy", line), ("Copy", line), ("Again", f"{line} {line}"), ("Reverse", " ".join(items[::-1])),
         ("First", items[0]), ("Last", items[-1])]
    )  # fmt: skip
    return f"{task}: {line}\n{result}"


_KINDS: tuple[Callable[[random.Random, list[Entity]], str], ...] = (
    _article, _article, _quiz, _table, _reading, _lookup, _lookup, _copy,
)  # fmt: skip


def generate(rng: random.Random, entities: list[Entity]) -> str:
    """One document about `entities`, or a lookup or copy of fresh names."""
    return rng.choice(_KINDS)(rng, entities)
