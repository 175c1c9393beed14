"""Problems as supervised fine-tuning examples: the question as prompt, a worked response as target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from k15 import tasks
from k15.tasks import Problem
from k15.tokenizer import Tokenizer
from k15.training.batch import Batch, Example, dialogue, expand_images, pack
from k15.training.corpus import Shuffle


def problems(counts: Mapping[str, int], seed: int) -> list[Problem]:
    """`counts[family]` training problems of every family."""
    return [p for family, count in counts.items() for p in tasks.generate(family, "train", count, seed)]


def example(problem: Problem, response: str, tokenizer: Tokenizer, image_tokens: int) -> Example:
    """The problem's chat prompt and `response` as its answer."""
    prompt = expand_images(tokenizer.encode_prompt(problem.question, len(problem.images)), image_tokens)
    return dialogue(prompt, tokenizer.encode_response(response), problem.images)


class Dialogues:
    """Examples in a seeded endless order, packed so that none sees another."""

    def __init__(self, examples: Sequence[Example], rows: int, length: int, image_size: int, seed: int) -> None:
        self.examples, self.length, self.image_size = examples, length, image_size
        mean = sum(len(e.ids) for e in examples) / len(examples)
        self.per_step = max(1, int(rows * length / mean))
        self.order = Shuffle(len(examples), seed)

    def batches(self, step: int) -> list[Batch]:
        chosen = self.order.take(step * self.per_step, self.per_step)
        return [pack([self.examples[i] for i in chosen], self.length, self.image_size)]
