"""Measures of mathematics and reasoning text: formulas, numbers, the words of the trade."""

from __future__ import annotations

import re

from k15.curation.measures.view import View, share, word_set

_QUANTITY = re.compile(
    r"\d|[=+×÷√∑∫π%$\\]|[一二两三四五六七八九十百千]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|half)\b"
)
_FORMULA = re.compile(
    r"\$\$.+?\$\$|\$[^$\n]{1,300}\$|(?<!\\)\\(?:\[(?:[^\\]++|\\[^\[\]])++\\\]|\((?:[^\\]++|\\[^()])++\\\))"
    r"|\\begin\{((?:equation|align|gather|eqnarray|multline|array|p?matrix|cases)\*?)\}"
    r"(?:[^\\]++|\\(?!(?:begin|end)\{\1\}))++\\end\{\1\}",
    re.DOTALL,
)
"""Each ends before the next one of its kind begins, so that no text is read again for each without an end."""
_COMMAND = re.compile(r"\\[A-Za-z]{2,}")
# What stands between quantities: 3 + x, a ≤ b, 12 = 4 × 3.
_OPERATION = re.compile(r"[\w)}\]] ?[=+×÷*/^<>≤≥≠≈−-] ?(?=[\w({\[\\√∑∫])|[√∑∫∏∂∞∈∀∃≤≥≠≈±⇒]")
_YEAR = re.compile("1[0-9]{3}|20[0-9]{2}")
_WORDS = word_set(
    """
    add algebra algorithm angle arc area arithmetic average axiom base calculate chord circle circumference
    coefficient combination complex compute congruent conjecture constant coordinate corollary cosine cube curve
    decimal denominator derivative determinant diagonal diameter difference differential digit dimension distance
    distinct divide divided divisible division divisor domain eigenvalue equal equals equation equilateral estimate
    even exponent expression factor factorial finite formula fraction function geometric geometry graph hypotenuse
    inequality infinite infinity integer integral intersect intersection interval inverse isosceles lemma length limit
    line linear logarithm math mathematics matrix maximum mean median minimum minus modulo multiple multiplied
    multiply negative number numbers numerator odd operator ordered parabola parallel parallelogram percent percentage
    perimeter permutation perpendicular plane plus point polygon polynomial positive prime probability problem product
    proof proportional prove quadratic quadrilateral quantity quotient radius random ratio rational real rectangle
    remainder root sequence series set simplify sine slope solution solve sphere square subset subtract sum surface
    tangent theorem times total triangle trigonometric twice value variable variance vector vertex vertices volume
    width zero
    """
)
_WORDS_HAN = re.compile(
    "方程|函数|函數|三角|几何|幾何|代数|代數|证明|證明|定理|公式|整数|整數|分数|分數|平均|面积|面積|体积|體積|概率|多少|等于|等於|求"
)


def measure(view: View) -> dict[str, float]:
    words = len(view.words)
    formulas = sum(len(match.group()) for match in _FORMULA.finditer(view.text))
    in_han = 2 * len(_WORDS_HAN.findall(view.text)) if view.han else 0
    numbers = sum(n for word, n in view.vocabulary.items() if word.isdecimal() and not _YEAR.fullmatch(word))
    commands = share(len(_COMMAND.findall(view.text)), words)
    operations = share(len(_OPERATION.findall(view.text)), words)
    result = {
        "quantities": len(_QUANTITY.findall(view.text)),
        "formula_share": share(formulas, len(view.text)),
        "latex_commands": commands,
        "numbers": share(numbers, words),  # years left out: they are history
        "operations": operations,
        "math_words": share(view.count_words(_WORDS) + in_han, words),
    }
    return result | {"mathematics": _is_mathematics(result)}


def _is_mathematics(measures: dict[str, float]) -> float:
    """From 0 to 1. Signs of one kind reach 0.6: a price list has numbers, and a novel may speak of lines and planes."""
    signs = (
        min(1.0, 3 * measures["formula_share"] + 5 * measures["latex_commands"]),
        min(1.0, 4 * measures["operations"]),
        min(1.0, 8 * measures["math_words"]),
        min(1.0, 4 * measures["numbers"]),
    )
    return min(1.0, sum(sorted(signs)[-2:]) / 2 + 0.1 * sum(sign > 0.1 for sign in signs) * (max(signs) > 0.3))
