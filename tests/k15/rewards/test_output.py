import time

import pytest

from k15.rewards.output import same_output


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("1 2\n3\n", "1 2 3", True),
        ("  a\tb\r\n", "a b", True),
        ("ab", "a b", False),
        ("1 2", "1 2 3", False),
        ("1", "1.0", False),
        ("Yes", "yes", False),
        ("", " \n", True),
        ("", "0", False),
        ("7", "", False),
    ],
)
def test_tokens(expected: str, got: str, same: bool) -> None:
    assert same_output(expected, got) is same
    assert same_output(got, expected) is same


def test_case() -> None:
    assert same_output("Yes STRASSE", "yes straße", case_sensitive=False)
    assert not same_output("yes", "no", case_sensitive=False)


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("1.0", "1", True),
        ("0.5", "5e-1", True),
        ("0", "0.0000009", True),  # absolute
        ("0", "0.0000011", False),
        ("1000000", "1000000.9", True),  # relative
        ("1000000", "1000001.1", False),
        ("-3", "3", False),
        ("3", "three", False),
        ("three", "3", False),
        ("three", "three", True),
        ("nan", "nan", False),
        ("-NaN", "-NaN", False),
        ("1", "nan", False),
        ("inf", "inf", True),
        ("inf", "-inf", False),
        ("1e308", "inf", False),
        ("1e400", "1e400", True),
        ("0.1 0.2", "0.1000000001 0.2", True),
        ("0.1 0.2", "0.1", False),
        ("1_0", "10", False),
        ("10", "1_0", False),
        ("10", "0x0a", False),
    ],
)
def test_tolerance(expected: str, got: str, same: bool) -> None:
    assert same_output(expected, got, tolerance=1e-6) is same


def test_huge_integers_beyond_floats_are_text() -> None:
    assert same_output("9" * 500, "9" * 500, tolerance=1e-6)
    assert not same_output("9" * 500, "9" * 499 + "8", tolerance=1e-6)
    assert not same_output("9" * 350, "9" * 349 + "8", tolerance=1e-6)


def test_time_is_linear() -> None:
    def seconds(count: int) -> float:
        text = "0.123456 " * count + "7" * count
        start = time.process_time()
        assert same_output(text, text + " ", tolerance=1e-9)
        return time.process_time() - start

    seconds(1000)
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.01)
