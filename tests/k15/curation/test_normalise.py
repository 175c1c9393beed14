import pytest

from k15.curation.normalise import normalise

DIRTY = "\ufeffCafe\u0301\u200b  is\u00a0open.\r\n\r\n\r\n\r\n\u202eTom\ud800 came\x07.  \u2028<|end|>x²\u3000"


def test_one_spelling():
    assert normalise(DIRTY, "english") == "Café is open.\n\nTom came.\nx²"


@pytest.mark.parametrize("domain", ["english", "code"])
def test_normalising_twice_changes_nothing(domain):
    once = normalise(DIRTY, domain)
    assert normalise(once, domain) == once
    once.encode()


def test_code_keeps_its_indentation():
    assert normalise("def f():\r\n\treturn  1  \r\n    # end\n\n", "code") == "def f():\n\treturn  1\n    # end"


def test_special_tokens_cannot_be_smuggled_in():
    assert "<think>" not in normalise("<th<think>ink> <|us<image>er|>", "math")
    assert "<|user|>" not in normalise("<th<think>ink> <|us<image>er|>", "math")


def test_a_letter_has_at_most_thirty_marks():
    many = normalise("e" + "\u0316\u0301" * 1000, "english")
    assert len(many) <= 31
    assert normalise(many, "english") == many
    assert normalise("e\u0301\u0316", "english") == "\u00e9\u0316"
