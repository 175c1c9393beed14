"""Section `benchmarks` of params.yaml: published sets that are evaluated on, and what is kept out of training data.

One list for all stages that need it, so that no set is evaluated on that training data may hold.
"""

from typing import Annotated, Literal

from pydantic import Field

from k15.params import Params

Positive = Annotated[int, Field(ge=1)]


class Drawing(Params):
    """How the answers of one suite are drawn."""

    samples: Positive
    """Answers per problem."""
    temperature: float = Field(ge=0)
    max_tokens: Positive


class Benchmark(Drawing):
    """A published benchmark's own file, or a directory of files."""

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    format: Literal["math500", "gsm8k", "aime", "math_vision", "mmmu", "mathvista"]
    path: str = Field(min_length=1)
    limit: Positive | None = None
    """Only the first so many records."""


class Guarded(Params):
    """A set that is not evaluated on here and kept out of training data all the same."""

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    path: str = Field(min_length=1)
    """A JSON Lines, JSON or Parquet file, or a directory of such files."""
    fields: tuple[str, ...] = Field(min_length=1)
    """Each of them is kept out on its own: a prompt without its solution, and a solution without its prompt."""


SHORT_SEED, LONG_SEED = 4, 5
"""Words of the n-grams that say where to look for short items and for longer ones: none is shorter than they are."""


class DecontaminationParams(Params):
    """When a training text holds an evaluation item."""

    threshold: float = Field(default=0.55, gt=0, le=1)
    """Share of an item's pairs of words from which a document holds it."""
    short_threshold: float = Field(default=0.65, gt=0, le=1)
    """The same for items of fewer than `short` words, which everyday wording comes closer to."""
    short: int = Field(default=15, ge=LONG_SEED)
    exact: int = Field(default=6, ge=2)
    """Items of fewer words must be there whole."""
    shortest: int = Field(default=4, ge=SHORT_SEED)
    """Items of fewer words are not looked for."""


class BenchmarksParams(Params):
    sets: tuple[Benchmark, ...]
    guarded: tuple[Guarded, ...]
    decontamination: DecontaminationParams
    """Of the corpus and of the RL prompts."""
