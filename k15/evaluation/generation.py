"""Draw checkpoints' answers to suites with one rollout engine, as rows of the sample schema, not yet scored.

Starting an engine costs more than a small checkpoint's answers, so the weights are exchanged in place as long
as the shape of the model stays; another shape (another RoPE base) starts another engine. All suites that are
drawn alike go through the engine in one call. A prompt that leaves no room for the answer within the engine's
length is not asked: its rows say "skipped".
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from k15.evaluation.items import Item, Suite
from k15.evaluation.scoring import SKIPPED, Row
from k15.model.config import ModelConfig
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt, Sample, Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer


@dataclass
class Examiner:
    """Asks checkpoints; a context manager, because it holds an engine."""

    tokenizer: Tokenizer
    max_model_len: int
    engine_params: EngineParams
    seed: int
    _engine: Engine | None = field(default=None, init=False)
    _shape: ModelConfig | None = field(default=None, init=False)
    _view: TemporaryDirectory[str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def ask(self, name: str, checkpoint: Path, suites: Sequence[Suite]) -> list[Row]:
        """Answers of the checkpoint at `checkpoint` to all `suites`; the rows carry `name`."""
        shape = ModelConfig.load(checkpoint / "model.json")
        engine = self._holding(checkpoint / "hf", shape)
        alike: dict[tuple[int, float, int], list[tuple[Suite, Item]]] = defaultdict(list)
        rows: list[Row] = []
        for suite in suites:
            for item in suite.items:
                if self._length(item, shape.image_tokens) + suite.max_tokens <= self.max_model_len:
                    alike[suite.samples, suite.temperature, suite.max_tokens].append((suite, item))
                else:
                    rows += [_row(name, suite, item, sample) for sample in range(suite.samples)]
        for (samples, temperature, max_tokens), asked in alike.items():
            seed = derive(self.seed, "evaluate", samples, str(temperature), max_tokens)
            sampling = Sampling(n=samples, temperature=temperature, max_tokens=max_tokens, seed=seed)
            drawn = engine.generate([Prompt(self._ids(item), item.images) for _, item in asked], sampling)
            for (suite, item), answers in zip(asked, drawn, strict=True):
                for number, answer in enumerate(answers):
                    rows.append(self._answered(_row(name, suite, item, number), answer))
        return rows

    def _holding(self, hf: Path, shape: ModelConfig) -> Engine:
        """The engine, with the weights at `hf`."""
        # Lengths may differ: every checkpoint is opened for `max_model_len`.
        comparable = shape.model_copy(update={"max_length": self.max_model_len})
        if self._engine is not None and self._shape == comparable:
            self._engine.load_hf(hf)
            return self._engine
        self._close()
        self._view = TemporaryDirectory()
        lengthened(hf, self.max_model_len, Path(self._view.name))
        self._engine = Engine(
            Path(self._view.name),
            max_model_len=self.max_model_len,
            params=self.engine_params,
            seed=self.seed,
        )
        self._shape = comparable
        return self._engine

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._view is not None:
            self._view.cleanup()
            self._view = None

    def _ids(self, item: Item) -> list[int]:
        return list(item.prompt_ids) or self.tokenizer.encode_prompt(item.question, images=len(item.images))

    def _length(self, item: Item, image_tokens: int) -> int:
        """Tokens of the prompt as the model sees it, every image unfolded into its patches."""
        return len(self._ids(item)) + len(item.images) * (image_tokens - 1)

    def _answered(self, row: Row, answer: Sample) -> Row:
        return {
            **row,
            "response_ids": answer.ids,
            "text": self.tokenizer.decode(answer.ids),
            "finish_reason": answer.finish_reason,
            "tokens": len(answer.ids),
            "verdict": "",
        }


def _row(name: str, suite: Suite, item: Item, sample: int) -> Row:
    """A row of a prompt that was not asked."""
    return {
        "checkpoint": name,
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
        "reward": float("nan"),
        "blanked": item.blanked,
        "length": item.length,
        "depth": item.depth,
    }


def lengthened(hf: Path, length: int, view: Path) -> None:
    """Make `view` the export at `hf`, admitting `length` positions.

    How early checkpoints fare beyond the length that they were trained on is what the needles ask; the engine
    would refuse, though rotary positions have no end of their own.
    """
    config = json.loads((hf / "config.json").read_text())
    decoder = config["text_config"]
    decoder["max_position_embeddings"] = max(length, decoder["max_position_embeddings"])
    for file in hf.iterdir():
        if file.name != "config.json":
            (view / file.name).symlink_to(file)
    (view / "config.json").write_text(json.dumps(config))
