import pytest

from k15.rewards.units import Measured, split_unit


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        (r"12\text{ cm}", "12", "cm"),
        ("12 centimeters", "12", "cm"),
        (r"12\text{ cm}^2", "12", "cm^2"),
        (r"12\text{ square inches}", "12", "in^2"),
        (r"12\text{ cubic feet}", "12", "ft^3"),
        ("12平方厘米", "12", "cm^2"),
        ("18元", "18", "yuan"),
        ("18 个苹果", "18", ""),
        ("$18", "18", "dollar"),
        ("-$5", "-5", "dollar"),
        ("30^\\circ", "30", "degree"),
        (r"30^{\circ}", "30", "degree"),
        ("5 apples", "5", ""),
        (r"\frac{3}{4}\text{ hours}", r"\frac{3}{4}", "h"),
        ("10 a.m.", "10", "am"),
    ],
)
def test_a_unit_is_split_off(text: str, value: str, unit: str) -> None:
    assert split_unit(text) == Measured(value, unit)


@pytest.mark.parametrize(
    "text", ["12", "2x", "2xy", "5 a", r"6\pi", r"3\text{ or }4", "3 and 4", "12 mod 5", "1或2", "cm"]
)
def test_algebra_and_lists_have_no_unit(text: str) -> None:
    assert split_unit(text) == Measured(text)
