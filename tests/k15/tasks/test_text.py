"""Text families: answers by another computation, from the question alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from k15 import rewards
from k15.tasks import FAMILIES, Problem, generate, traces

SOLVERS: dict[str, Callable[[str, int], str]] = {
    "shift": lambda digits, amount: digits.translate({48 + d: str((d + amount) % 10) for d in range(10)}),
    "keep": lambda digits, limit: re.sub(f"[0-{limit}]", "", digits),
    "reverse": lambda digits, _: digits[::-1],
    "sort": lambda digits, _: "".join(str(d) * digits.count(str(d)) for d in range(10)),
}
TEXT = sorted(name for name, family in FAMILIES.items() if not family.vision)


def problems(name: str) -> list[Problem]:
    return [p for split in ("train", "heldout") for p in generate(name, split, 40, seed=5)]


def test_every_family_has_a_solver() -> None:
    assert sorted(SOLVERS) == TEXT


@pytest.mark.parametrize("name", TEXT)
def test_answers(name: str) -> None:
    for problem in problems(name):
        numbers = sorted(re.findall(r"\d+", problem.question), key=len, reverse=True)
        operand = int(numbers[1]) if len(numbers) > 1 else 0
        assert problem.answer == SOLVERS[name](numbers[0], operand), problem.question


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_responses_end_in_the_boxed_answer(name: str) -> None:
    for problem in problems(name):
        box = f"\\boxed{{{problem.answer}}}"
        assert problem.short.endswith(f" {box}") and problem.short.count("\\boxed") == 1
        thinking = problem.long.removeprefix("<think>").removesuffix(f"</think>{box}")
        assert problem.long == f"<think>{thinking}</think>{box}" and "think>" not in thinking
        assert problem.long.count("\\boxed") == 1
        assert "\\boxed" not in problem.question and "<think>" not in problem.short


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_long_responses_are_the_longer_ones(name: str) -> None:
    made = problems(name)
    assert sum(len(p.long) for p in made) > sum(len(p.short) for p in made)
    assert len({p.long.startswith("<think>Plan") for p in made}) == 2  # not every trace shows every habit


@pytest.mark.parametrize("name", TEXT)
def test_a_trace_keeps_its_habits(name: str) -> None:
    """Every step is checked or none, every step is remarked on or none; who explores in one way looks back in one."""
    checked, remarked = set(), set()
    for problem in problems(name):
        steps = problem.short.count(". ")
        checked.add(problem.long.count("Check: ") / steps)
        remarks = (traces.AFTER_FIRST, traces.AFTER_OTHERS, traces.AFTER_LAST)
        remarked.add(sum(problem.long.count(remark) for remark in remarks) / steps)
        phrases = [pair for pair in traces.PHRASES if any(phrase in problem.long for phrase in pair)]
        assert len(phrases) <= 1
    assert checked == remarked == {0.0, 1.0}


def test_leading_zeros_count() -> None:
    problem = next(p for p in problems("sort") if p.answer.startswith("0"))
    record = {"verifier": problem.verifier, "answer": problem.answer}
    responses = [problem.short, problem.long, problem.short.replace(f"{{{problem.answer}", f"{{{int(problem.answer)}")]
    assert [v.reward for v in rewards.score_batch([record] * 3, responses)] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("name", TEXT)
def test_answers_are_hard_to_guess(name: str) -> None:
    answers = [p.answer for p in problems(name)]
    assert max(map(answers.count, answers)) <= len(answers) / 8
    assert min(map(len, answers)) >= 2


@pytest.mark.parametrize("name", TEXT)
def test_harder_problems_take_more_steps(name: str) -> None:
    levels = FAMILIES[name].difficulties
    lengths = [sum(len(p.short) for p in generate(name, "train", 10, 1, [level])) for level in levels]
    assert lengths == sorted(set(lengths))
