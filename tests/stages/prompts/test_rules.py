import dataclasses

import pytest

from k15.tasks import FAMILIES, generate
from stages.prompts.candidates import Candidate
from stages.prompts.rules import exclusion, fingerprint, reasons_before_sampling, surplus


def candidate(question: str, answer: str = "12", verifier: str = "math", **changes) -> Candidate:
    item = Candidate(question, "mine", "math", "algebra", 0, question, answer, verifier)
    return dataclasses.replace(item, **changes)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (candidate("Which is prime? (A) 4 (B) 5 (C) 6", "B"), "multiple-choice"),
        (candidate("Pick one.\nA. red\nB. blue", "B"), "multiple-choice"),
        (candidate("Name the letter.", "B", "choice"), "multiple-choice"),
        (candidate("下列哪个是质数？", "5"), "multiple-choice"),
        (candidate("Is 7 prime?", "Yes"), "true-false"),
        (candidate("True or false: 4 is odd."), "true-false"),
        (candidate("Prove that 2 + 2 = 4."), "proof"),
        (candidate("Show that n² ≥ n."), "proof"),
        (candidate("求证：勾股定理。"), "proof"),
        (candidate("What is 5 + 7?", "  "), "no-answer"),
        (candidate("What is 5 + 7?"), None),
        (candidate("f(A)=3. What improves f(B)?"), None),
    ],
)
def test_exclusion_rules(item: Candidate, reason: str | None) -> None:
    assert exclusion(item) == reason


def test_no_generated_problem_is_excluded() -> None:
    for name in FAMILIES:
        for problem in generate(name, "train", 30, seed=1):
            item = candidate(problem.question, problem.answer, problem.verifier)
            assert exclusion(item) is None


def test_fingerprint_reads_content_and_not_form() -> None:
    assert fingerprint(candidate("What is 5+7?")) == fingerprint(candidate("what is  5 + 7"))
    assert fingerprint(candidate("What is 5+7?")) != fingerprint(candidate("What is 5-7?"))
    assert fingerprint(candidate("Count.", images=(b"a",))) != fingerprint(candidate("Count.", images=(b"b",)))


def test_heldout_and_repeated_problems_are_dropped() -> None:
    heldout = [candidate("What is 1 + 1?")]
    items = [
        candidate("what is 1+1"),
        candidate("What is 5 + 7?"),
        candidate("What is 5+7"),
        candidate("Prove it."),
    ]
    assert reasons_before_sampling(items, heldout) == {0: "held-out", 2: "duplicate", 3: "proof"}


def test_balance_caps_the_share_of_a_discipline() -> None:
    disciplines = ["a"] * 80 + ["b"] * 15 + ["c"] * 5
    dropped = surplus(disciplines, 0.5, seed=3)
    # The largest cap c with c ≤ 0.5 · (c + 15 + 5) is 20.
    assert len(dropped) == 60
    assert all(disciplines[index] == "a" for index in dropped)
    assert dropped == surplus(disciplines, 0.5, seed=3)
    assert dropped != surplus(disciplines, 0.5, seed=4)


def test_balance_ends_at_equal_disciplines() -> None:
    assert surplus(["a"] * 7, 0.1, seed=0) == set()
    assert len(surplus(["a"] * 7 + ["b"] * 3, 0.1, seed=0)) == 4
    assert surplus([], 0.5, seed=0) == set()
