"""Draw a checkpoint's answers to suites with a rollout engine, as rows of the sample schema, not yet scored.

All suites that are drawn alike go through the engine in one call. A prompt that leaves no room for the answer
within the engine's length is not asked: its rows say "skipped".
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from k15.evaluation.items import Item, Suite
from k15.evaluation.scoring import SKIPPED, Row
from k15.rollout import Engine, Prompt, Sample, Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer


@dataclass(frozen=True)
class Examiner:
    """Asks suites of whatever weights the engine holds."""

    engine: Engine
    tokenizer: Tokenizer
    max_model_len: int
    image_tokens: int
    """Tokens that one image takes in the prompt."""
    seed: int

    def ask(self, checkpoint: str, suites: Sequence[Suite]) -> list[Row]:
        alike: dict[tuple[int, float, int], list[tuple[Suite, Item]]] = defaultdict(list)
        rows: list[Row] = []
        for suite in suites:
            for item in suite.items:
                if self._fits(item, suite.max_tokens):
                    alike[suite.samples, suite.temperature, suite.max_tokens].append((suite, item))
                else:
                    rows += [_row(checkpoint, suite, item, sample) for sample in range(suite.samples)]
        for (samples, temperature, max_tokens), asked in alike.items():
            seed = derive(self.seed, "evaluate", samples, str(temperature), max_tokens)
            sampling = Sampling(n=samples, temperature=temperature, max_tokens=max_tokens, seed=seed)
            drawn = self.engine.generate([self._prompt(item) for _, item in asked], sampling)
            for (suite, item), answers in zip(asked, drawn, strict=True):
                rows += [
                    self._answered(_row(checkpoint, suite, item, number), answer)
                    for number, answer in enumerate(answers)
                ]
        return rows

    def _ids(self, item: Item) -> list[int]:
        return list(item.prompt_ids) or self.tokenizer.encode_prompt(item.question, images=len(item.images))

    def _fits(self, item: Item, max_tokens: int) -> bool:
        prompt_tokens = len(self._ids(item)) + len(item.images) * (self.image_tokens - 1)
        return prompt_tokens + max_tokens <= self.max_model_len

    def _prompt(self, item: Item) -> Prompt:
        return Prompt(self._ids(item), item.images)

    def _answered(self, row: Row, answer: Sample) -> Row:
        return {
            **row,
            "response_ids": answer.ids,
            "text": self.tokenizer.decode(answer.ids),
            "finish_reason": answer.finish_reason,
            "tokens": len(answer.ids),
            "verdict": "",
        }


def _row(checkpoint: str, suite: Suite, item: Item, sample: int) -> Row:
    """A row of a prompt that was not asked."""
    return {
        "checkpoint": checkpoint,
        "suite": suite.name,
        "problem_id": item.id,
        "difficulty": item.difficulty,
        "sample": sample,
        "question": item.question,
        "answer": item.answer,
        "verifier": item.verifier,
        "response_ids": [],
        "text": "",
        "finish_reason": SKIPPED,
        "tokens": 0,
        "verdict": SKIPPED,
        "reward": 0.0,
        "blanked": item.blanked,
        "length": item.length,
        "depth": item.depth,
    }
