"""Small Python programs with their output.

Guarantees: the output that a program states is what Python prints (the tests run them). The generator
works the values out beside the text and executes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

_FUNCTIONS = (
    "scale",
    "shift",
    "compute",
    "apply",
    "update",
    "change",
    "step",
    "f",
    "g",
    "run",
    "score",
    "cost",
)
_NUMBERS = ("x", "n", "a", "b", "value", "count", "size", "k", "total", "price")
_LISTS = ("xs", "items", "values", "data", "nums", "row")
_WORDS = (
    "cat",
    "lamp",
    "river",
    "stone",
    "apple",
    "night",
    "green",
    "paper",
    "boat",
    "seven",
    "table",
    "cloud",
)
_CHECKS = ("even", "small", "large", "odd", "valid", "free", "done", "left", "right", "low", "high", "open")


@dataclass(frozen=True)
class Program:
    """`body` defines, `call` is the expression whose value is shown, `value` what it is."""

    body: str
    call: str
    value: object


def _numbers(rng: random.Random, low: int = 3, high: int = 6) -> list[int]:
    return [rng.randint(0, 20) for _ in range(rng.randint(low, high))]


def _arithmetic(rng: random.Random) -> Program:
    name, (first, second) = rng.choice(_FUNCTIONS), rng.sample(_NUMBERS, 2)
    left, right, factor = rng.randint(2, 12), rng.randint(1, 12), rng.randint(2, 9)
    text, value = rng.choice(
        [
            (f"{first} * {factor} + {second}", left * factor + right),
            (f"{first} + {second} * {factor}", left + right * factor),
            (f"({first} - {second}) * {factor}", (left - right) * factor),
            (f"({first} + {second}) % {factor}", (left + right) % factor),
            (f"{first} // {factor} + {second}", left // factor + right),
            (f"max({first}, {second}) + {factor}", max(left, right) + factor),
        ]
    )
    return Program(f"def {name}({first}, {second}):\n    return {text}", f"{name}({left}, {right})", value)


def _loop(rng: random.Random) -> Program:
    name, argument, start, step, count = (
        rng.choice(_FUNCTIONS),
        rng.choice(("n", "k", "count", "size")),
        rng.randint(0, 9),
        rng.randint(1, 5),
        rng.randint(2, 6),
    )
    change, value = rng.choice(
        [
            (f"i * {step}", start + sum(i * step for i in range(count))),
            (f"i + {step}", start + sum(i + step for i in range(count))),
            (f"{step}", start + step * count),
            (f"i % {step + 1}", start + sum(i % (step + 1) for i in range(count))),
        ]
    )
    body = f"def {name}({argument}):\n    total = {start}\n    for i in range({argument}):\n"
    return Program(body + f"        total += {change}\n    return total", f"{name}({count})", value)


def _while(rng: random.Random) -> Program:
    name, step, limit = rng.choice(_FUNCTIONS), rng.randint(2, 4), rng.randint(10, 60)
    start, current, steps = rng.randint(1, 5), 0, 0
    current = start
    while current < limit:
        current, steps = current * step, steps + 1
    asked, value = rng.choice([("n", current), ("steps", steps)])
    body = f"def {name}(n, limit):\n    steps = 0\n    while n < limit:\n        n = n * {step}\n        steps += 1\n"
    return Program(body + f"    return {asked}", f"{name}({start}, {limit})", value)


def _list(rng: random.Random) -> Program:
    name, values = rng.choice(_LISTS), _numbers(rng)
    text, value = rng.choice(
        [
            (f"sorted({name})", sorted(values)),
            (f"{name}[::-1]", values[::-1]),
            (f"max({name}) - min({name})", max(values) - min(values)),
            (f"sum({name})", sum(values)),
            (f"len({name})", len(values)),
            (f"{name}[0] + {name}[-1]", values[0] + values[-1]),
            (f"{name}[1:3]", values[1:3]),
            (f"sorted({name})[-2]", sorted(values)[-2]),
            (f"[v + 1 for v in {name}]", [v + 1 for v in values]),
            (f"[v for v in {name} if v % 2 == 0]", [v for v in values if v % 2 == 0]),
            (f"[v * 2 for v in {name} if v > 9]", [v * 2 for v in values if v > 9]),
        ]
    )
    return Program(f"{name} = {values}", text, value)


def _text(rng: random.Random) -> Program:
    name, (word, other) = rng.choice(("word", "name", "text", "s", "key")), rng.sample(_WORDS, 2)
    letter, times = rng.choice(word), rng.randint(2, 3)
    text, value = rng.choice(
        [
            (f"{name}[::-1]", word[::-1]),
            (f"{name}.upper()", word.upper()),
            (f"{name} + '{other}'", word + other),
            (f"{name} * {times}", word * times),
            (f"len({name})", len(word)),
            (f"{name}.count('{letter}')", word.count(letter)),
            (f"{name}.replace('{letter}', '')", word.replace(letter, "")),
            (f"'-'.join({name})", "-".join(word)),
            (f"{name}[1:]", word[1:]),
            (f"('{letter}' in {name})", True),
            (f"sorted([{name}, '{other}'])", sorted([word, other])),
        ]
    )
    return Program(f"{name} = '{word}'", text, value)


def _branch(rng: random.Random) -> Program:
    name, argument = rng.choice(("kind", "check", "label", "grade", "test")), rng.choice(_NUMBERS)
    first, second = sorted(rng.sample(range(2, 20), 2))
    low, middle, high = rng.sample(_CHECKS, 3)
    given = rng.randint(0, 22)
    body = (
        f"def {name}({argument}):\n    if {argument} < {first}:\n        return '{low}'\n"
        f"    if {argument} < {second}:\n        return '{middle}'\n    return '{high}'"
    )
    return Program(body, f"{name}({given})", low if given < first else middle if given < second else high)


def _mapping(rng: random.Random) -> Program:
    name, keys = (
        rng.choice(("ages", "prices", "stock", "table", "marks")),
        rng.sample(_WORDS, rng.randint(2, 4)),
    )
    values = {key: rng.randint(1, 30) for key in keys}
    key, missing = rng.choice(keys), rng.choice([word for word in _WORDS if word not in keys])
    text, value = rng.choice(
        [
            (f"{name}['{key}']", values[key]),
            (f"{name}.get('{missing}', 0)", 0),
            (f"sum({name}.values())", sum(values.values())),
            (f"max({name}, key={name}.get)", max(values, key=lambda key: values[key])),
            (f"sorted({name})", sorted(values)),
            (f"('{missing}' in {name})", False),
        ]
    )
    return Program(f"{name} = {values}", text, value)


def _recursion(rng: random.Random) -> Program:
    name, base, step, depth = rng.choice(_FUNCTIONS), rng.randint(0, 5), rng.randint(1, 4), rng.randint(2, 6)
    operation = rng.choice(("+", "*"))
    value = base
    for _ in range(depth):
        value = value + step if operation == "+" else value * step
    body = f"def {name}(n):\n    if n == 0:\n        return {base}\n    return {name}(n - 1) {operation} {step}"
    return Program(body, f"{name}({depth})", value)


_KINDS: tuple[Callable[[random.Random], Program], ...] = (
    _arithmetic, _loop, _while, _list, _list, _text, _branch, _mapping, _recursion,
)  # fmt: skip


def program(rng: random.Random) -> Program:
    """One program of a random kind."""
    return rng.choice(_KINDS)(rng)


def _show(rng: random.Random, program: Program) -> str:
    style = rng.randrange(4)
    if style == 0:
        return f"{program.body}\n\nprint({program.call})  # {program.value}"
    if style == 1:
        return f"{program.body}\n\nassert {program.call} == {program.value!r}"
    if style == 2:
        return f"{program.body}\n\nresult = {program.call}\nprint(result)\n# Output: {program.value}"
    prompt = "\n".join(f"... {line}" if line[0] == " " else f">>> {line}" for line in program.body.split("\n"))
    return f"{prompt}\n>>> {program.call}\n{program.value!r}"


def generate(rng: random.Random) -> str:
    """One document: one to three programs."""
    return "\n\n".join(_show(rng, program(rng)) for _ in range(rng.choice((1, 1, 2, 3))))
