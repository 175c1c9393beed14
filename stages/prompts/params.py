"""The `prompts` section of params.yaml."""

from typing import Literal, Self

from pydantic import Field, model_validator

from k15.params import Params, require_distinct
from k15.testcases.params import CaseParams


class FamilyShare(Params):
    """How many candidates of one task family are generated, spread evenly over the difficulties."""

    count: int = Field(ge=1)
    difficulties: list[int] = Field(min_length=1)


Format = Literal["records", "gsm8k", "math", "mbpp", "svamp", "theoremqa", "packages"]


class Source(Params):
    """Problems that others made. `name` takes the place of a family.

    `records`: a JSONL or Parquet file of the user's own: `question`, `answer` (one, or a list), and optionally `id`,
    `domain`, `discipline`, `verifier` with what it reads besides (docs/rewards.md), `difficulty`, and `options` of a
    multiple-choice question. `packages`: contest problems with their tests, each a directory or a tar archive in the
    Kattis format. The others are published sets, as published."""

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)
    format: Format = "records"


class CaseSource(Params):
    """Code problems of the user's own: a package, a directory of packages, or a JSONL or Parquet file
    (k15/testcases/sources.py). `generators`: a directory of generators, each named after its problem."""

    path: str = Field(min_length=1)
    generators: str | None


class Written(Params):
    """Generators by the policy, for code problems that bring none."""

    attempts: int = Field(ge=0)
    """Programs per problem; the first one that makes `min_valid` different inputs is taken."""
    temperature: float = Field(gt=0)
    max_tokens: int = Field(ge=1)
    max_model_len: int = Field(ge=8)
    """At most what the policy was trained for counts; a problem whose statement leaves no room gets no program."""


class TestCases(CaseParams):
    """Test cases for code problems (§2.3.5). Without problems nothing is run, and no sandbox is needed."""

    bundled: bool
    """k15's own problems, for a look at what the rules do."""
    sources: list[CaseSource]
    written: Written


class PromptsParams(Params):
    """Where candidates come from, how they are measured, and what is kept."""

    seed: int
    families: dict[str, FamilyShare]
    sources: list[Source]
    heldout_checked: int = Field(ge=0)
    """Held-out problems per family that candidates are compared with."""

    samples: int = Field(ge=1)
    """Responses per prompt behind its pass rate (the paper: 10)."""
    temperature: float = Field(gt=0)
    max_tokens: int = Field(ge=1)
    trivial_from: float = Field(gt=0, le=1)
    """Prompts of at least this pass rate are dropped."""
    easy_from: float = Field(gt=0, le=1)
    medium_from: float = Field(gt=0, le=1)

    guess_tries: int = Field(ge=0)
    """Guesses without CoT; a prompt that is guessed within them is dropped (the paper: 8)."""
    guess_tokens: int = Field(ge=1)
    max_share: float = Field(gt=0, le=1)
    """The largest share of the kept set that one discipline may have."""
    max_label_share: float = Field(gt=0, le=1)
    """The largest share that one difficulty label may have."""

    max_model_len: int = Field(ge=8)
    test_cases: TestCases

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.families and not self.sources:
            raise ValueError("families and sources are both empty; name at least one")
        names = [source.name for source in self.sources]
        require_distinct(names)
        if both := sorted(self.families.keys() & set(names)):
            raise ValueError(f"source {both[0]!r} has the name of a family; give it another one")
        if self.medium_from >= self.easy_from:
            raise ValueError("medium_from must be below easy_from")
        return self
