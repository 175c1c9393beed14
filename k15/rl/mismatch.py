from pydantic import Field

from k15.errors import UserError
from k15.params import Params


class MismatchParams(Params):
    mean_limit: float = Field(gt=0)
    canary_limit: float = Field(gt=0)


def refuse_biased(temperature: float, top_p: float, top_k: int, logprobs: str) -> None:
    if (top_p < 1 or top_k > 0) and logprobs != "raw":
        raise UserError("biased")
