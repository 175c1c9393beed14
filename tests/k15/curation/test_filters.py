import pyarrow as pa
import pytest

from k15.curation.document import Document
from k15.curation.filters import JUDGED, Filters, judge
from k15.curation.measures import columns, measure
from k15.errors import UserError
from k15.params import parse_params

RULES = {
    "english": {"words": {"min": 4, "max": 100}, "stop_word_share": {"min": 0.2}, "repeated_lines": {"max": 0.3}},
    "chinese": {"han_share": {"min": 0.5}},
    "code": {"code_lines": {"min": 0.5}},
    "math": {"quantities": {"min": 1}},
    "knowledge": {"characters": {"min": 3}},
}


def filters(**changed):
    return parse_params(Filters, "curate.filters", {**RULES, **changed})


def scored(*documents):
    measured = [
        measure(Document(f"source/{i}", text, domain, "source", "en")) for i, (text, domain) in enumerate(documents)
    ]
    return pa.table({"domain": pa.array([domain for _, domain in documents], pa.string()), **columns(measured)})


def reason(text, domain="english", **changed):
    rows = judge(scored((text, domain)), filters(**changed)).to_pylist()
    return rows[0] if rows else None


def test_a_rejection_names_row_rule_bound_and_value():
    judged = judge(scored(("The cat and the dog", "english"), ("The cat", "english")), filters())
    assert judged.schema == JUDGED
    assert judged.to_pylist() == [{"row": 1, "filter": "words", "reason": "below 4", "value": 2.0}]


def test_both_bounds():
    assert reason("the cat " * 51)["reason"] == "above 100"


def test_the_first_broken_rule_is_the_reason():
    broken_twice = "Los gatos duermen aquí\nLos gatos duermen aquí"
    assert reason(broken_twice)["filter"] == "stop_word_share"
    reordered = dict(reversed(RULES["english"].items()))
    assert reason(broken_twice, english=reordered)["filter"] == "repeated_lines"


def test_bounds_are_inclusive():
    assert reason("The cat and Tom") is None


@pytest.mark.parametrize(
    ("domain", "text", "rule"),
    [
        ("english", "def f(x): pass", "stop_word_share"),
        ("chinese", "english text", "han_share"),
        ("code", "just prose", "code_lines"),
        ("math", "no numbers here", "quantities"),
        ("knowledge", "no", "characters"),
    ],
)
def test_each_domain_has_its_own_rules(domain, text, rule):
    assert reason(text, domain)["filter"] == rule


def test_a_text_of_which_nothing_is_left_never_passes():
    assert reason("", "knowledge", knowledge={}) == {
        "row": 0,
        "filter": "empty",
        "reason": "nothing left after normalisation",
        "value": 0.0,
    }


def test_rejections_come_in_the_order_of_rows():
    documents = [("no", "knowledge"), ("a b", "english"), ("fine", "knowledge"), ("x", "math"), ("c d", "english")]
    assert judge(scored(*documents), filters()).column("row").to_pylist() == [0, 1, 3, 4]
    assert judge(scored(), filters()).num_rows == 0


def test_scores_of_older_code():
    with pytest.raises(UserError, match=r"no column 'quantities'.*score them again"):
        judge(scored(("x", "math")).drop(["quantities"]), filters())


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"wordz": {"min": 1}}, "english has no measure 'wordz'; did you mean words?"),
        ({"code_lines": {"min": 1}}, "english has no measure 'code_lines'"),
        ({"words": {}}, "give min, max or both"),
        ({"words": {"min": 3, "max": 2}}, "min 3 is above max 2"),
        ({"words": {"minimum": 3}}, "unknown key"),
    ],
)
def test_bad_rules(rules, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        filters(english=rules)
