import pytest

from k15.curation.document import Document
from k15.curation.measures import measure

PAGE = """The cat sat on the mat. It was glad!
Please enable JavaScript now.
Read our privacy policy here.
Two words
Is this "a question?" Dr. No says so
"""


def of(text):
    return measure(Document("source/1", text, "english", "source", "en"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("terminal_lines", "One.\nTwo:\n三。\nfour”", 0.5),
        ("short_lines", "x" * 30 + "\n" + "x" * 31, 0.5),
        ("repeated_characters", "abc\nabc\nde", 3 / 8),
        ("newlines_per_word", "a b\n\nc d\n", 0.75),
        ("c4_lines", PAGE, 0.4),  # the first and the last
        ("sentences", PAGE, 5),  # two in the first; question?" and Dr. end one, and so does the line
        ("javascript_lines", PAGE, 0.2),
        ("policy_lines", PAGE, 0.2),
        ("curly_brackets", "a b c {\n{ two\nd e f {{", 3),  # a line of two words is none that C4 keeps
        ("curly_brackets", "the javascript code {", 0),
        ("curly_brackets", "the length $\\sqrt{x^{2}}$ of { it for $$\\frac{1}{2}$$ at $5", 1),
        ("lorem_ipsum", "Lorem ipsum dolor", 1),
        ("sentences", "a b " + "c" * 1001 + " d.", 0),
    ],
)
def test_values(name, text, value):
    assert of(text)[name] == pytest.approx(value)
