"""What is measured between engine and trainer, by hand, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from k15.errors import UserError
from k15.model import parallel
from k15.rl.mismatch import Comparison, Mismatch, MismatchParams, check, refuse_biased
from k15.rollout.types import Sampling

LIMITS = MismatchParams(mean_limit=0.01, multiplicative_limit=1.05, canary_limit=0.01)
PLAIN = Sampling(n=8, temperature=1.0, max_tokens=16)


def compare(*parts: tuple[list[float], list[float], list[bool]]) -> Mismatch:
    parallel.initialize()
    comparison = Comparison()
    for trainer, engine, earlier in parts:
        comparison.add(torch.tensor(trainer), torch.tensor(engine), torch.tensor(earlier, dtype=torch.bool))
    return comparison.result(parallel.device())


def test_by_hand() -> None:
    """d = 0.5, −1 | earlier: 2 | 0."""
    found = compare(([-1.0, -3.0, -1.0], [-1.5, -2.0, -3.0], [False, False, True]), ([-2.0], [-2.0], [False]))
    assert (found.tokens, found.earlier_tokens) == (3, 1)
    assert found.mean == pytest.approx(0.5)
    assert found.maximum == pytest.approx(1.0)
    assert found.kl == pytest.approx((math.exp(0.5) - 1.5 + math.exp(-1.0)) / 3)
    assert found.multiplicative == pytest.approx((math.exp(0.5) + math.e + 1) / 3)
    assert found.earlier_mean == pytest.approx(2.0)


def test_kl_is_of_the_sampler_from_the_trainer() -> None:
    """Over many samples of a known pair of distributions."""
    engine, trainer = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.5, 0.25, 0.25])
    tokens = torch.multinomial(engine, 200_000, replacement=True, generator=torch.Generator().manual_seed(1))
    comparison = Comparison()
    comparison.add(trainer.log()[tokens], engine.log()[tokens], torch.zeros(len(tokens), dtype=torch.bool))
    exact = (engine * (engine / trainer).log()).sum().item()
    assert comparison.result(parallel.device()).kl == pytest.approx(exact, rel=0.02)


def test_nothing_to_compare() -> None:
    found = compare(([], [], []), ([-1.0], [-3.0], [True]))
    assert found == Mismatch(0.0, 0.0, 0.0, 1.0, 0, 2.0, 1)
    check(found, LIMITS, 0)  # what an older policy sampled differs, as it should


GOOD = Mismatch(mean=0.002, maximum=0.3, kl=1e-5, multiplicative=1.003, tokens=1000, earlier_mean=0.5, earlier_tokens=9)


@pytest.mark.parametrize(
    "changes",
    [{"mean": 0.011}, {"multiplicative": 1.06}, {"mean": math.nan}, {"multiplicative": math.nan}, {"mean": math.inf}],
)
def test_gate(changes: dict[str, float]) -> None:
    check(GOOD, LIMITS, 3)
    with pytest.raises(UserError, match=r"disagree by .* \(limit 0\.01\) .* \(limit 1\.05\).* of iteration 4; .*check"):
        check(replace(GOOD, **changes), LIMITS, 3)


def test_what_is_not_a_number_is_found() -> None:
    found = compare(([math.nan, -1.0], [-1.0, -1.0], [False, False]))
    with pytest.raises(UserError, match="disagree by nan"):
        check(found, LIMITS, 0)


@pytest.mark.parametrize(
    "changes", [{"top_p": 0.95}, {"top_k": 20}, {"temperature": 0.7}], ids=["top_p", "top_k", "temperature"]
)
def test_processed_logprobs_are_refused_where_they_are_not_the_policys(changes: dict[str, float]) -> None:
    refuse_biased(PLAIN, raw_logprobs=False, truncation=2.0)
    sampling = replace(PLAIN, **changes)  # type: ignore[arg-type]
    refuse_biased(sampling, raw_logprobs=True, truncation=None)
    with pytest.raises(UserError, match=r"processed ones .* make the engine return raw"):
        refuse_biased(sampling, raw_logprobs=False, truncation=None)
    with pytest.raises(UserError, match="truncation needs the probabilities that tokens were sampled with"):
        refuse_biased(sampling, raw_logprobs=True, truncation=2.0)
