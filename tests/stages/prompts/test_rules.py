import dataclasses

from k15.evaluation.params import DecontaminationParams
from k15.tasks import FAMILIES, generate
from stages.prompts.candidates import Candidate
from stages.prompts.rules import contaminated, exclusion, fingerprint, reasons_before_sampling


def candidate(question: str, answer: str = "12", verifier: str = "math", **changes) -> Candidate:
    item = Candidate(question, "mine", "math", "algebra", 0, question, answer, verifier)
    return dataclasses.replace(item, **changes)


def test_what_a_source_says_counts() -> None:
    assert exclusion(candidate("What is 5 + 7?", barred="picture")) == "picture"


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


def test_items_of_published_sets_are_dropped_lightly_edited_too() -> None:
    item = "A train leaves the town at nine and travels sixty miles an hour; how many miles has it gone by noon?"
    items = [candidate("What is 5 + 7?"), candidate(item.upper()), candidate(item.replace("train", "coach"))]
    assert contaminated(items, [("trains", "1", item)], DecontaminationParams()) == {1, 2}
    assert contaminated(items, [], DecontaminationParams()) == set()
