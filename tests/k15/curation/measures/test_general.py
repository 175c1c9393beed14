import pytest

from k15.curation.document import DOMAINS, Document
from k15.curation.measures import MEASURES, MEASURES_OF, WORD, columns, measure
from k15.curation.measures.view import View


def of(text, domain="english", language="en"):
    return measure(Document("source/1", text, domain, "source", language))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("characters", "ab c", 4),
        ("words", "It's 12 o'clock, 你好!", 5),  # It's, 12, o'clock, 你, 好
        ("mean_word_length", "a bbb", 2),
        ("longest_word", "ab http://xyzw_v", 4),
        ("longest_word", "rock'n'roll ends", 4),
        ("longest_word", "ab你好c，d", 5),
        ("alphabetic_words", "one 2 three 4", 0.5),
        ("alphabetic_words", "4th 2 x² ½", 0.5),  # 4th, x²
        ("vowelless_words", "bcdf word rhythm xyz qqqq", 0.5),  # of bcdf, word, rhythm, qqqq
        ("vowelless_words", r"Then $\sqrt{2} = \Sqrt{x}$, bcdf", 0.5),  # of then and bcdf
        ("symbols_per_word", "# a … b ...", 1.5),
        ("hashes_per_word", "# a … b ...", 0.5),
        ("ellipses_per_word", "# a … b ...", 1),
        ("stop_word_share", "The cat and a dog", 0.6),
        ("stop_words", "The cat and the dog with a bone", 3),  # and, the, with
        ("han_share", "你好ab1", 0.5),
        ("alphanumeric_share", "a = b;", 0.5),  # a, b of a, =, b, ;
        ("alphanumeric_share", "it's x²_y", 0.75),  # 6 of 8
        ("bullet_lines", "- a\n* b\nc\nd", 0.5),
        ("ellipsis_lines", "a...\nb…\nc\nd", 0.5),
        ("punctuated_lines", "One.\nTwo\n三。\n\nfour", 0.5),
        ("punctuated_lines", "他說：「好。」\n（見《史記》）\n三\n『四』", 0.75),
        ("boilerplate_lines", "We use cookies to improve it.\nThe end.", 0.5),
        ("boilerplate_lines", "They baked cookies.\nThe end.", 0.0),
        ("boilerplate_lines", "关注我们\n好", 0.5),
        ("repeated_lines", "a\nb\na\n\na", 0.5),
        ("repeated_line_characters", "abc\nabc\nde", 0.3),
        ("lines", "a\n\nb", 2),
        ("mean_line_length", "a\nbbb", 2),
        ("longest_line", "a\nbbb", 3),
    ],
)
def test_values(name, text, value):
    assert of(text)[name] == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["It's rock'n'roll, 4th.", "curly’s “quotes” snake_case_1 x²", "汉字和 Latin_words o’clock", "a_'b 'c d'1 ''e"],
)
def test_words_are_the_same_by_every_way_of_cutting(text):
    assert View(Document("", text, "english", "", "en")).words == WORD.findall(text)


def test_stop_words_depend_on_the_language():
    assert of("书是我的", "chinese", "zh")["stop_word_share"] == 0.75
    assert of("书是我的", "chinese", "en")["stop_word_share"] == 0


@pytest.mark.parametrize("text", ["", "\n \n", "。", "12", "x", "你"])
def test_every_document_of_a_domain_has_its_measures(text):
    for domain in DOMAINS:
        measured = of(text, domain)
        assert tuple(measured) == MEASURES_OF[domain]
        assert all(isinstance(value, float) and value == value for value in measured.values())


def test_columns_are_empty_where_a_domain_lacks_the_measure():
    found = columns([of("x = 1", "code"), of("The cat.")])
    assert tuple(found) == MEASURES
    assert found["markup"].to_pylist() == [0.0, None]
    assert found["sentences"].to_pylist() == [None, 0.0]
    assert found["lines"].to_pylist() == [1.0, 1.0]
