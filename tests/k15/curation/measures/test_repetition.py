import random

import pytest
from datatrove.pipeline.filters.gopher_repetition_filter import (
    find_all_duplicate,
    find_duplicates,
    find_top_duplicate,
    get_n_grams,
)

from k15.curation.document import Document
from k15.curation.measures import measure, repetition


def of(text):
    return measure(Document("source/1", text, "english", "source", "en"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("repeated_paragraphs", "a\n\nb\n\na\n\n\na", 0.5),
        ("repeated_paragraph_characters", "abc\n\nabc", 3 / 8),
        ("top_2gram", "a b a b c", 6 / 9),  # "a b" twice
        ("top_2gram", "ab c d", 4 / 6),  # all once: the first
        ("top_4gram", "a b c", 0),
        ("repeated_5gram_characters", "a b c d e a b c d e", 5 / 19),
        ("repeated_6gram_characters", "a b c d e a b c d e", 0),
        ("repeated_ngrams", "a b c d e a b c d e", 1 / 6),  # 6 5-grams, the last repeats the first
        # After the one at 1 the search goes on at 6, where the last one is.
        ("repeated_5gram_characters", "a a a a a a a a a a a", 10 / 21),
    ],
)
def test_values(name, text, value):
    assert of(text)[name] == pytest.approx(value)


@pytest.mark.parametrize("seed", range(40))
def test_the_values_are_those_of_datatrove(seed):
    rng = random.Random(seed)
    # Words of one length: datatrove joins n-grams without blanks, and would take ("ab", "c") for ("a", "bc").
    words = ["".join(rng.choices("xyz", k=3)) for _ in range(rng.randint(1, 5))]
    lines = [" ".join(rng.choices(words, k=rng.randint(1, 30))) for _ in range(rng.randint(1, 12))]
    text = rng.choice(("\n", "\n\n")).join(lines)
    flat, measured = text.split(), of(text)
    for n in (2, 3, 4):
        grams = get_n_grams(flat, n)
        assert measured[f"top_{n}gram"] == (pytest.approx(find_top_duplicate(grams) / len(text)) if grams else 0)
    for n in range(5, 11):
        assert measured[f"repeated_{n}gram_characters"] == pytest.approx(find_all_duplicate(flat, n) / len(text))
    count, characters = find_duplicates(lines)
    assert measured["repeated_lines"] == pytest.approx(count / len(lines))
    assert measured["repeated_line_characters"] == pytest.approx(characters / len(text))


def test_of_a_very_long_text_the_beginning_is_looked_at(monkeypatch):
    monkeypatch.setattr(repetition, "WORDS", 10)
    assert of("a b c d e f g h i j " + "k k k k k k " * 9)["repeated_5gram_characters"] == 0
