import json

from k15.rewards.references import alternatives, references


def test_alternatives_leave_mathematics_alone() -> None:
    assert alternatives("[0, 1]") == ["[0, 1]"]
    assert alternatives('["x"') == ['["x"']
    assert alternatives(json.dumps(["a", "b"])) == ["a", "b"]


def test_references_are_texts() -> None:
    assert references({"answer": 7}) == ["7"]
    assert references({"answer": [" 1", 2.5]}) == ["1", "2.5"]
    assert references({"answer": ""}) == [""]
