"""Parameters of the evaluate stage."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from k15.evaluation.params import Drawing, Positive
from k15.params import Params

Depth = Annotated[float, Field(ge=0, le=1)]


class Families(Drawing):
    """The held-out problems of the text (or vision) families."""

    problems: int = Field(ge=2)
    """Problems per family."""
    base_problems: int = Field(ge=2)
    """The same for checkpoints before SFT, which seldom end an answer and so cost most."""


class Needle(Drawing):
    lengths: tuple[Positive, ...] = Field(min_length=1)
    """Prompt tokens; one suite each."""
    depths: tuple[Depth, ...] = Field(min_length=1)
    """Where the needle lies, 0 the beginning; problems take them in turn."""
    problems: int = Field(ge=2)
    """Problems per length."""


class Evaluate(Params):
    seed: int
    max_model_len: Positive
    """Prompt and answer together; longer benchmark prompts are skipped."""
    text: Families
    vision: Families
    needle: Needle

    @model_validator(mode="after")
    def _needles_fit(self) -> Self:
        needed = max(self.needle.lengths) + self.needle.max_tokens
        if needed > self.max_model_len:
            raise ValueError(f"max_model_len must be at least {needed}, the longest needle and its answer")
        return self
