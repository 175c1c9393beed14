"""Parameters of the judge stage."""

from pydantic import Field

from k15.params import Params


class JudgeParams(Params):
    checkpoint: str = Field(min_length=1)
    """A checkpoint of ours, from the repository root: one that a stage wrote, or a published model as `init_from`
    brings it in."""
    question: str = Field(min_length=1)
    """Put after the text."""
    yes: str = Field(min_length=1)
    no: str = Field(min_length=1)
    """The answers that are compared, by their first tokens."""
    max_model_len: int = Field(ge=8)
