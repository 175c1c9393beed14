from fractions import Fraction

import pytest

from k15.rewards.numerals import read_number, same_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", "7"),
        ("- 7", "-7"),
        ("1,234.5", "1234.5"),
        ("10 000", "10000"),
        (".5", "1/2"),
        ("-3/4", "-3/4"),
        ("3 1/2", "7/2"),
        (r"3\frac{1}{2}", "7/2"),
        (r"-3\frac12", "-7/2"),
        ("50%", "1/2"),
        (r"12.5\%", "1/8"),
        ("3e8", "300000000"),
        (r"3 \times 10^{-2}", "3/100"),
        ("一百二十三", "123"),
        ("一百零五", "105"),
        ("一百二", "120"),
        ("十五", "15"),
        ("二〇二四", "2024"),
        ("一万五", "15000"),
        ("一万零五", "10005"),
        ("两万亿", "2000000000000"),
        ("一亿两千万", "120000000"),
        ("3.5万", "35000"),
        ("三分之二", "2/3"),
        ("百分之三十", "3/10"),
        ("负五", "-5"),
        ("三点一四", "157/50"),
    ],
)
def test_numbers_are_read_exactly(text: str, value: str) -> None:
    number = read_number(text)
    assert number is not None
    assert number.value == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,23",
        "1/0",
        r"\frac{1}{0}",
        "1 2",
        "7 3",
        "一一百",
        "nan",
        "inf",
        "1_000",
        "٣",
        "1e9999",
        "9" * 500,
        "7%%",
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("reference", "answer", "same"),
    [
        ("50%", "0.5", True),
        ("50%", "50", True),
        ("50", "50%", True),
        ("0.5", "0.5%", False),
        ("0.5%", "0.5", False),
        ("1/3", "0.333333", True),
        ("1/3", "0.3333", False),
        ("0.333333", "0.333334", False),
        ("0.0000001", "0.0000002", False),
        ("1/30000000", "0.0000001", False),
    ],
)
def test_same_number(reference: str, answer: str, same: bool) -> None:
    expected, found = read_number(reference), read_number(answer)
    assert expected is not None and found is not None
    assert same_number(expected, found) == same
