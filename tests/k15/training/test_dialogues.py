"""Problems as supervised examples."""

from __future__ import annotations

from collections import Counter

import pytest

from k15.errors import UserError
from k15.tasks import FAMILIES
from k15.tokenizer import ASSISTANT, END, IMAGE
from k15.training.batch import dialogue
from k15.training.dialogues import Dialogues, example, problems
from tests.k15 import tiny

TEXT = next(name for name, family in FAMILIES.items() if not family.vision)
VISION = next(name for name, family in FAMILIES.items() if family.vision)


def test_problems_by_family() -> None:
    made = problems({TEXT: 3, VISION: 2}, seed=1)
    assert Counter(p.family for p in made) == {TEXT: 3, VISION: 2}
    assert problems({TEXT: 3, VISION: 2}, seed=1) == made
    with pytest.raises(UserError, match="unknown task family"):
        problems({"sums": 1}, seed=1)


@pytest.mark.parametrize("name", [TEXT, VISION])
def test_example(name: str) -> None:
    (problem,) = problems({name: 1}, seed=1)
    made = example(problem, problem.long, tiny.tokenizer(), image_tokens=4)
    prompt = made.ids[: made.ids.index(ASSISTANT) + 1]
    assert tiny.tokenizer().decode(prompt) == problem.question
    assert made.ids.count(IMAGE) == 4 * len(problem.images)
    predicted = [t for t in made.targets if t >= 0]
    assert made.ids == prompt + predicted and predicted[-1] == END
    assert tiny.tokenizer().decode(predicted) == problem.long
    assert made.images == problem.images


def test_steps_go_through_all_examples() -> None:
    examples = [dialogue([8], [20 + i, 9]) for i in range(10)]
    data = Dialogues(examples, rows=2, length=8, image_size=16, seed=1)
    assert data.per_step == 5  # two rows of 8 tokens take five examples of 3
    steps = [data.batches(step) for step in range(2)]
    seen = [t for (batch,) in steps for t in batch.targets.flatten().tolist() if t >= 20]
    assert sorted(seen) == [20 + i for i in range(10)]
    again = Dialogues(examples, rows=2, length=8, image_size=16, seed=1).batches(1)
    assert again[0].tokens.tolist() == steps[1][0].tokens.tolist()


def test_example_longer_than_a_row() -> None:
    data = Dialogues([dialogue([8], [9] * 20)], rows=2, length=8, image_size=16, seed=1)
    with pytest.raises(UserError, match="does not fit rows of 8"):
        data.batches(0)
