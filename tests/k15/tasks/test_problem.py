"""The rule that makes problem sets: pure, split by content, spread over difficulties."""

from __future__ import annotations

import random

import pytest

from k15.errors import UserError
from k15.tasks import FAMILIES, generate
from k15.tasks.problem import Draft, Family, split_of
from k15.tasks.problem import generate as generate_from

NAMES = sorted(FAMILIES)


def draft(rng: random.Random, difficulty: int) -> Draft:
    number = rng.randrange(30)
    wording = rng.choice(("What is it?", "Say it."))
    return Draft(f"{difficulty} {number}", wording, str(number), f"\\boxed{{{number}}}", f"\\boxed{{{number}}}")


TOY = Family("toy", "math", "toys", (1, 2, 3), draft)


@pytest.mark.parametrize("name", NAMES)
def test_generation_is_deterministic(name: str) -> None:
    problems = generate(name, "train", 8, seed=3)
    assert generate(name, "train", 8, seed=3) == problems
    assert generate(name, "train", 8, seed=4) != problems
    assert {p.family for p in problems} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_disjoint(name: str) -> None:
    train = {p.id for seed in (1, 2) for p in generate(name, "train", 60, seed)}
    held_out = {p.id for seed in (1, 2) for p in generate(name, "heldout", 30, seed)}
    assert not train & held_out


def test_no_problem_twice() -> None:
    problems = generate_from(TOY, "train", 60, seed=1)
    assert len({p.id for p in problems}) == 60
    assert {p.id for p in generate_from(TOY, "train", 60, seed=2)} & {p.id for p in problems}  # ids are of the content


def test_split_is_of_the_content() -> None:
    contents = [f"content {i}" for i in range(4000)]
    share = sum(split_of(c) == "heldout" for c in contents) / len(contents)
    assert 0.08 < share < 0.12
    for split in ("train", "heldout"):
        for problem in generate_from(TOY, split, 6, seed=1):
            assert split_of(f"toy:{problem.difficulty} {problem.answer}") == split


@pytest.mark.parametrize("name", NAMES)
def test_difficulties_are_spread_evenly(name: str) -> None:
    levels = FAMILIES[name].difficulties
    problems = generate(name, "train", 2 * len(levels), seed=1)
    assert sorted(p.difficulty for p in problems) == sorted([*levels, *levels])
    assert {p.difficulty for p in generate(name, "train", 4, 1, levels[-1:])} == {levels[-1]}


def test_unknown_difficulty() -> None:
    with pytest.raises(UserError, match=r"'toy' has difficulties \(1, 2, 3\), not \[4\]"):
        generate_from(TOY, "train", 1, 1, [1, 4])


def test_too_many() -> None:
    with pytest.raises(UserError, match="'toy' has too few heldout problems at difficulty 2"):
        generate_from(TOY, "heldout", 31, 1, [2])


def test_unknown_family() -> None:
    with pytest.raises(UserError, match="unknown task family 'sums'; known: "):
        generate("sums", "train", 1, 1)
