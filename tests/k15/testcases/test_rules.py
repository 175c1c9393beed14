"""The counts of §2.3.5, by hand."""

from functools import partial

import pytest

from k15.rewards.output import same_output
from k15.testcases.rules import CaseDecision, Outcome, at_least, decide_case, decide_problem

FAILED, UNKNOWN = Outcome("failed"), Outcome("unknown")


def printed(*texts: str) -> list[Outcome]:
    return [Outcome("output", text) for text in texts]


def case(*outcomes: Outcome, needed: int = 7, tolerance: float | None = None) -> tuple[bool, str, int, str]:
    found = decide_case(outcomes, needed, partial(same_output, tolerance=tolerance))
    return found.valid, found.expected, found.agree, found.reason


@pytest.mark.parametrize(
    ("share", "count", "least"),
    [(0.7, 10, 7), (0.9, 10, 9), (0.7, 20, 14), (0.7, 3, 3), (0.9, 9, 9), (0.9, 11, 10), (0.7, 1, 1), (1.0, 4, 4)],
)
def test_shares_round_up(share: float, count: int, least: int) -> None:
    assert at_least(share, count) == least


def test_seven_of_ten_agree_and_six_do_not() -> None:
    assert case(*printed(*["5\n"] * 7, "6", "7", "8")) == (True, "5\n", 7, "")
    assert case(*printed(*["5\n"] * 6, "6", "7", "8", "9")) == (False, "", 6, "disagreement")


def test_white_space_makes_no_difference_and_the_earliest_text_stays() -> None:
    assert case(*printed("5 ", *["5\n"] * 3, *["5"] * 3, "6", "7", "8")) == (True, "5 ", 7, "")


def test_failures_agree_with_nobody() -> None:
    assert case(*printed(*["5"] * 7), FAILED, FAILED, FAILED) == (True, "5", 7, "")
    assert case(*printed(*["5"] * 3), *[FAILED] * 7) == (False, "", 3, "disagreement")


def test_a_tie_is_a_disagreement() -> None:
    assert case(*printed(*["1"] * 5, *["2"] * 5)) == (False, "", 5, "disagreement")


def test_unknown_submissions_decide_nothing() -> None:
    assert case(*printed(*["5"] * 7, "6"), UNKNOWN, UNKNOWN) == (True, "5", 7, "")
    assert case(*printed(*["5"] * 6, "6", "7"), UNKNOWN, UNKNOWN) == (False, "", 6, "unjudged")
    assert case(*printed(*["5"] * 6, "6", "7", "8"), UNKNOWN) == (False, "", 6, "unjudged")
    assert case(*printed(*["5"] * 5, "6", "7", "8", "9"), UNKNOWN) == (False, "", 5, "disagreement")
    assert case(*[UNKNOWN] * 10) == (False, "", 0, "unjudged")


def test_an_empty_output_is_not_expected_of_anybody() -> None:
    assert case(*printed(*[" \n"] * 10)) == (False, " \n", 10, "empty-output")


def test_tolerance_counts_around_one_output() -> None:
    """0.00 and 0.02 differ by more than 0.01, and 0.01 equals both: it is what seven agree on."""
    outputs = printed("0.00", "0.00", "0.01", *["0.02"] * 4, "9", "9", "9")
    assert case(*outputs, tolerance=0.01) == (True, "0.01", 7, "")
    assert case(*outputs) == (False, "", 4, "disagreement")


def test_no_outcome_at_all() -> None:
    assert case(needed=1) == (False, "", 0, "disagreement")


VALID, INVALID, OPEN = (
    CaseDecision(True, "5", 10, ""),
    CaseDecision(False, "", 3, "disagreement"),
    CaseDecision(False, "", 6, "unjudged"),
)


def problem(cases: list[CaseDecision], outcomes: list[list[Outcome]]) -> tuple[bool, str, int]:
    found = decide_problem(cases, outcomes, min_valid=40, needed=9, same=same_output)
    return found.kept, found.reason, found.passing


def right(count: int = 50) -> list[Outcome]:
    return printed(*["5"] * count)


def test_forty_of_fifty_valid_cases_and_not_thirty_nine() -> None:
    outcomes = [right()] * 10
    assert problem([VALID] * 40 + [INVALID] * 10, outcomes) == (True, "", 10)
    assert problem([VALID] * 39 + [INVALID] * 11, outcomes) == (False, "few-valid-cases", 0)
    assert problem([VALID] * 39 + [INVALID] * 10 + [OPEN], outcomes) == (False, "unjudged", 0)
    assert problem([VALID] * 38 + [INVALID] * 11 + [OPEN], outcomes) == (False, "few-valid-cases", 0)


def test_nine_of_ten_pass_all_valid_cases_and_not_eight() -> None:
    cases = [VALID] * 50
    one_wrong = right(49) + printed("6")
    assert problem(cases, [right()] * 9 + [one_wrong]) == (True, "", 9)
    assert problem(cases, [right()] * 8 + [one_wrong] * 2) == (False, "submissions-disagree", 8)
    assert problem(cases, [right()] * 8 + [one_wrong, [*right(49), FAILED]]) == (False, "submissions-disagree", 8)


def test_invalid_cases_are_not_asked() -> None:
    one_wrong = right(49) + printed("6")
    assert problem([VALID] * 49 + [INVALID], [right()] * 8 + [one_wrong] * 2) == (True, "", 10)


def test_unknown_runs_of_a_problem() -> None:
    cases = [VALID] * 50
    lost = [*right(49), UNKNOWN]
    lost_and_wrong = right(48) + printed("6") + [UNKNOWN]
    assert problem(cases, [right()] * 9 + [lost]) == (True, "", 9)
    assert problem(cases, [right()] * 8 + [lost, lost]) == (False, "unjudged", 8)
    assert problem(cases, [right()] * 8 + [lost_and_wrong, lost_and_wrong]) == (False, "submissions-disagree", 8)
    assert problem(cases, [right()] * 8 + [lost, lost_and_wrong]) == (False, "unjudged", 8)
