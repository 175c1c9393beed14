"""Parameters of test-case generation (§2.3.5)."""

from typing import Self

from pydantic import Field, model_validator

from k15.params import Params


class RunLimits(Params):
    """Of each run of a generator or a submission."""

    cpu_s: float = Field(gt=0)
    memory_mib: int = Field(ge=16)
    output_kib: int = Field(ge=1)


class CaseParams(Params):
    """The rules, and what every run may take."""

    cases: int = Field(ge=1)
    """Inputs per problem (the paper: 50)."""
    agree: float = Field(gt=0.5, le=1)
    """Share of the submissions that must agree on a case (the paper: 7 of 10); more than half, so one output wins."""
    passing: float = Field(gt=0, le=1)
    """Share of the submissions that must pass all valid cases (the paper: 9 of 10)."""
    min_valid: int = Field(ge=1)
    """Valid cases that a problem needs (the paper: 40)."""
    min_submissions: int = Field(ge=2)
    """Submissions that a problem needs (the paper: 10); agreement of fewer says less."""
    max_input_kib: int = Field(ge=1)
    """Larger inputs make no case."""
    limits: RunLimits

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_valid > self.cases:
            raise ValueError(f"min_valid is {self.min_valid}, but there are {self.cases} cases; lower it")
        return self
