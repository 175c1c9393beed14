"""The suites that every checkpoint answers, and how they pool.

Built-in suites hold problems of `k15.tasks`' held-out split, which no training stage sees: one suite per
family, spread evenly over its difficulties, and `needle.<length>` per context length. Published benchmarks
come in by path. A suite with images has a twin `<suite>.blank` with grey ones: what is still right there was
guessed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from k15.errors import UserError
from k15.evaluation.items import Item, Suite, blank
from k15.seeds import derive
from k15.tasks import FAMILIES, Problem, generate, needle
from k15.tokenizer import Tokenizer

BLANK = ".blank"


class Drawing(Protocol):
    """How a suite's answers are drawn; the params sections of the evaluate stage have these fields."""

    @property
    def samples(self) -> int: ...
    @property
    def temperature(self) -> float: ...
    @property
    def max_tokens(self) -> int: ...


def suite_of(name: str, items: Sequence[Item], drawing: Drawing) -> Suite:
    return Suite(name, tuple(items), drawing.samples, drawing.temperature, drawing.max_tokens)


def family_suites(vision: bool, problems: int, seed: int, drawing: Drawing) -> list[Suite]:
    """One suite per text (or vision) family."""
    return [
        suite_of(family.name, [_item(one) for one in generate(family.name, "heldout", problems, seed)], drawing)
        for family in FAMILIES.values()
        if family.vision == vision
    ]


def _item(one: Problem) -> Item:
    return Item(one.id, one.question, one.answer, one.verifier, one.difficulty, one.images)


def blank_twins(suites: Sequence[Suite]) -> list[Suite]:
    """The twins of those suites that have images."""
    return [
        replace(suite, name=suite.name + BLANK, items=tuple(map(blank, suite.items)))
        for suite in suites
        if any(item.images for item in suite.items)
    ]


def needle_suites(
    lengths: Sequence[int],
    depths: Sequence[float],
    problems: int,
    seed: int,
    tokenizer: Tokenizer,
    drawing: Drawing,
) -> list[Suite]:
    """`problems` needles per length, their depths in turn."""
    return [
        suite_of(
            f"needle.{length}",
            [_needle(length, depths[number % len(depths)], number, seed, tokenizer) for number in range(problems)],
            drawing,
        )
        for length in lengths
    ]


def _needle(length: int, depth: float, number: int, seed: int, tokenizer: Tokenizer) -> Item:
    found = needle.generate(length, depth, derive(seed, "needle", number), tokenizer)
    return Item(
        id=f"needle.{length}-{number}",
        question="",
        answer=found.answer,
        verifier="string",
        prompt_ids=tuple(found.prompt_ids),
        length=length,
        depth=depth,
    )


def pools() -> dict[str, tuple[str, ...]]:
    """The pooled suites that a stored suite counts towards: its domain, and all text or all vision."""
    found: dict[str, tuple[str, ...]] = {}
    for family in FAMILIES.values():
        if family.vision:
            found[family.name] = ("vision",)
            found[family.name + BLANK] = ("vision" + BLANK,)
        else:
            found[family.name] = (family.domain, "text")
    return found


def check_names(suites: Sequence[Suite]) -> None:
    """A benchmark must not share its name with another suite, pooled ones included: figures would mix."""
    names = [suite.name for suite in suites]
    taken = {pool for of_suite in pools().values() for pool in of_suite}
    for name in names:
        if names.count(name) > 1 or name in taken:
            raise UserError(f"params.yaml: benchmarks.sets: two suites are named {name!r}; rename one")
