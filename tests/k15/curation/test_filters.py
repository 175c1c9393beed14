import pytest

from k15.curation.document import Document
from k15.curation.filters import Filters, check
from k15.curation.measures import MEASURES, View
from k15.errors import UserError
from k15.params import parse_params

RULES = {
    "english": {"words": {"min": 4, "max": 100}, "stop_word_share": {"min": 0.2}, "repeated_lines": {"max": 0.3}},
    "chinese": {"han_share": {"min": 0.5}},
    "code": {"code_lines": {"min": 0.5}},
    "math": {"quantities": {"min": 1}},
    "knowledge": {"characters": {"min": 3}},
}


def document(text, domain="english", language="en"):
    return Document("source/1", text, domain, "source", language)


def filters(**changed):
    return parse_params(Filters, "curate.filters", {**RULES, **changed})


@pytest.mark.parametrize(
    ("measure", "text", "value"),
    [
        ("characters", "ab c", 4),
        ("words", "It's 12 o'clock, 你好!", 5),  # It's, 12, o'clock, 你, 好
        ("mean_word_length", "a bbb", 2),
        ("longest_word", "ab http://xyzw_v", 4),
        ("alphabetic_words", "one 2 three 4", 0.5),
        ("vowelless_words", "bcdf word rhythm xyz qqqq", 0.5),  # of bcdf, word, rhythm, qqqq
        ("symbols_per_word", "# a … b ...", 1.5),
        ("stop_word_share", "The cat and a dog", 0.6),
        ("han_share", "你好ab1", 0.5),
        ("alphanumeric_share", "a = b;", 0.5),  # a, b of a, =, b, ;
        ("bullet_lines", "- a\n* b\nc\nd", 0.5),
        ("ellipsis_lines", "a...\nb…\nc\nd", 0.5),
        ("punctuated_lines", "One.\nTwo\n三。\n\nfour", 0.5),
        ("boilerplate_lines", "We use cookies to improve it.\nThe end.", 0.5),
        ("boilerplate_lines", "They baked cookies.\nThe end.", 0.0),
        ("repeated_lines", "a\nb\na\n\na", 0.5),
        ("repeated_ngrams", "a b c d e a b c d e", 1 / 6),  # 6 5-grams, the last repeats the first
        ("lines", "a\n\nb", 2),
        ("mean_line_length", "a\nbbb", 2),
        ("longest_line", "a\nbbb", 3),
        ("code_lines", "def f():\n    return 1\nSome prose here\nMore prose", 0.5),
        ("quantities", "3 and four x+1", 4),  # 3, four, +, 1
    ],
)
def test_measures(measure, text, value):
    assert MEASURES[measure](View(text, "en")) == pytest.approx(value)


def test_every_measure_takes_an_empty_text():
    assert {name: measure(View("", "zh")) for name, measure in MEASURES.items()} == dict.fromkeys(MEASURES, 0)


def test_stop_words_depend_on_the_language():
    assert MEASURES["stop_word_share"](View("书是我的", "zh")) == 0.75
    assert MEASURES["stop_word_share"](View("书是我的", "en")) == 0


def test_a_rejection_names_rule_bound_and_value():
    rejection = check(document("The cat"), filters())
    assert rejection is not None
    row = rejection.row()
    assert (row["filter"], row["reason"], row["value"]) == ("words", "below 4", 2)
    assert row["excerpt"] == "The cat"


def test_the_first_broken_rule_is_the_reason():
    broken_twice = document("Los gatos duermen aquí\nLos gatos duermen aquí")
    assert check(broken_twice, filters()).filter == "stop_word_share"
    reordered = dict(reversed(RULES["english"].items()))
    assert check(broken_twice, filters(english=reordered)).filter == "repeated_lines"


def test_bounds_are_inclusive():
    assert check(document("The cat and Tom"), filters()) is None


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
    assert check(document(text, domain), filters()).filter == rule


def test_a_text_of_which_nothing_is_left_never_passes():
    assert check(document("", "knowledge"), filters(knowledge={})).filter == "empty"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"wordz": {"min": 1}}, "did you mean words?"),
        ({"words": {}}, "give min, max or both"),
        ({"words": {"min": 3, "max": 2}}, "min 3 is above max 2"),
        ({"words": {"minimum": 3}}, "unknown key"),
    ],
)
def test_bad_rules(rules, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        filters(english=rules)
