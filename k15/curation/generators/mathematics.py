"""Mathematics and reasoning: worked training problems of every text family of `k15.tasks`.

Guarantees: no held-out problem appears (the families split problems by content). The marks of the chat
format are left out: pretraining reads the reasoning as prose.
"""

from __future__ import annotations

import random

from k15 import tasks
from k15.seeds import derive
from k15.tasks.problem import Problem

_FORMS = (
    "{question}\n{solution}",
    "Question: {question}\nAnswer: {solution}",
    "Problem. {question}\nSolution. {solution}",
    "Q: {question}\nA: {solution}",
    "{question} {solution}",
)
LONG_SHARE = 0.5
BATCH = 300


def _document(problem: Problem, rng: random.Random) -> str:
    solution = problem.long if rng.random() < LONG_SHARE else problem.short
    solution = solution.replace("<think>", "").replace("</think>", " ")
    return rng.choice(_FORMS).format(question=problem.question, solution=solution)


def generate(count: int, seed: int) -> list[str]:
    """`count` documents of one worked problem each, spread evenly over the families. Problems of one batch
    differ; a later batch may put an earlier problem in other words."""
    rng = random.Random(derive(seed, "forms"))
    families = [name for name, family in tasks.FAMILIES.items() if not family.vision]
    texts: list[str] = []
    for batch in range(-(-count // (BATCH * len(families)))):
        for family in families:
            problems = tasks.generate(family, "train", BATCH, derive(seed, "problems", batch))
            texts.extend(_document(problem, rng) for problem in problems)
    return texts[:count]
