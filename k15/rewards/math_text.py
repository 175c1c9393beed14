"""Mathematical answers as text: one spelling for what means the same, and the parts of an answer.

Nothing is computed here, and answers of the length that `answers` lets through take milliseconds at most, so it runs
in the caller's process.
Characters of other scripts that look like Latin letters or digits stay what they are; control and formatting
characters, which show a reader something else than they are, make a text unreadable (None).
"""

import re
import unicodedata

_FULL_WIDTH = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFF5F)}
_SYMBOLS = str.maketrans(
    _FULL_WIDTH
    | {"−": "-", "–": "-", "—": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/", "∞": r"\infty "}
    | {"≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "π": r"\pi ", "√": r"\sqrt ", "∪": r"\cup ", "∩": r"\cap "}
    | {"±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "∈": r"\in ", "∅": r"\emptyset ", "θ": r"\theta "}
    | {"、": ",", "。": ".", "\u3000": " ", "\u00a0": " ", "\u2009": " ", "\u202f": " "}
)
_RAISED = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "-"}
_LOWERED = {"₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9"}
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_LOWERED_RUN = re.compile(f"[{''.join(_LOWERED)}]+")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}

_REWRITES = [
    (
        re.compile(
            r"\\(?:textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|boldsymbol|mbox|operatorname)(?![A-Za-z])"
        ),
        r"\\text",
    ),
    (re.compile(r"\\text\s*\{\s*([A-Za-z])\s*\}(?!\s*\^)"), r" \1 "),
    (re.compile(r"\\(?:left|right)(?![A-Za-z])\s*\.?"), ""),
    (re.compile(r"\\(?:displaystyle|textstyle|limits|bigl?|bigr?|Bigl?|Bigr?)(?![A-Za-z])"), ""),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(?:leqslant|leq)(?![A-Za-z])"), r"\\le "),
    (re.compile(r"\\(?:geqslant|geq)(?![A-Za-z])"), r"\\ge "),
    (re.compile(r"\\(?:neq)(?![A-Za-z])"), r"\\ne "),
    (re.compile(r"<="), r"\\le "),
    (re.compile(r">="), r"\\ge "),
    (re.compile(r"!="), r"\\ne "),
    (re.compile(r"(?<=\d)i(?![A-Za-z])"), " i"),
    (re.compile(r"\\(?:lbrace)(?![A-Za-z])"), r"\\{"),
    (re.compile(r"\\(?:rbrace)(?![A-Za-z])"), r"\\}"),
    (re.compile(r"\\(?:varnothing)(?![A-Za-z])|\\\{\s*\\\}"), r"\\emptyset "),
    (re.compile(r"(?<=\d)(?:\\!|\{,\}|\\,|,\\!|\{,\}\\!)+\s*(?=\d{3}(?!\d))"), ","),
    (re.compile(r"\\!"), ""),
    (re.compile(r"\\(?:quad|qquad)(?![A-Za-z])|(?<!\\)\\[,;: ]|~"), " "),
    (re.compile(r"\\\$"), "$"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r",?\s*\\text\s*\{\s*,?\s*(?:and|or|或|和)\s*\}"), ","),
    (re.compile(r",?\s*(?<![A-Za-z])(?:and|or)(?![A-Za-z])|,?\s*(?:或者|或)"), ","),
    (re.compile(r"(?<=[\d})])\s*和(?=[\s\d\\({xyzab-])"), ","),
    (re.compile(r"(?:^|(?<=\\in ))\s*(?:\\mathbb\s*\{?\s*R\s*\}?|all real numbers)\s*$"), r"(-\\infty, \\infty)"),
    (re.compile(r"^\s*\\text\s*\{\s*[Aa]ll real numbers\s*\}\s*$"), r"(-\\infty, \\infty)"),
    (re.compile(r"\\sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![A-Za-z\\])(?:positive )?infinity(?![A-Za-z])"), r"\\infty "),
    (re.compile(r"\s*\\text\s*\{\s*(?:percent|%)\s*\}|\s*(?<![A-Za-z])percent(?![A-Za-z])"), "%"),
]
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SCALED = re.compile(
    rf"(?<=[\d}}])\s*(?P<text>\\text\s*\{{\s*)?(?P<scale>{'|'.join(_SCALES)})(?![A-Za-z])(?P<end>\s*\}})?"
)
_DOLLAR = re.compile(r"(?<!\\)\$")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z])")
_PREFIX = re.compile(
    r"^\s*(?:\\approx|(?:the\s+)?(?:final\s+)?answer(?:\s+is|\s*[:=])|(?:最终)?答案?(?:是|为|:)|(?:所以|因此|等于))[\s:]*",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:,\s*(?:where |for )?[a-zA-Z]\s*\\in\s*\\mathbb\s*\{?\s*[ZN]\s*\}?)?[.,; ]*$")
_MATH_MARKS = [(r"\(", r"\)"), (r"\[", r"\]")]


def normalise(text: str) -> str | None:
    """One spelling of `text`; None if it holds what a reader cannot see."""
    if any(unicodedata.category(character) in _HIDDEN and character not in "\n\t\r" for character in set(text)):
        return None
    text = _spell_fractions(text)
    text = _RAISED_RUN.sub(lambda run: "^{" + "".join(_RAISED[c] for c in run[0]) + "}", text)
    text = _LOWERED_RUN.sub(lambda run: "_{" + "".join(_LOWERED[c] for c in run[0]) + "}", text)
    text = text.translate(_SYMBOLS)
    marks = text.count("$") - text.count(r"\$")
    text = _DOLLAR.sub("", text) if marks and marks % 2 == 0 else unwrap(text)
    if r"\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    text = _SCALED.sub(_power_of_ten, text)
    text = " ".join(unwrap(_PREFIX.sub("", text, count=1)).split())
    if text.startswith("{") and text.endswith("}") and nesting(text[1:-1]) is not None:
        text = text[1:-1].strip()
    return _SUFFIX.sub("", text) or None


def _power_of_ten(scaled: re.Match[str]) -> str:
    """`2 \\text{ million dollars}` → `2 \\times 10^{6} \\text{ dollars}`"""
    power = rf" \times 10^{{{_SCALES[scaled['scale']]}}}"
    if scaled["text"]:
        return power if scaled["end"] else power + r" \text{"
    return power + (scaled["end"] or " ")


def _spell_fractions(text: str) -> str:
    for character in set(text):
        if unicodedata.category(character) == "No" and "⁄" in (form := unicodedata.normalize("NFKC", character)):
            above, _, below = form.partition("⁄")
            text = text.replace(character, rf"\frac{{{above}}}{{{below}}}")
    return text


def unwrap(text: str) -> str:
    """Without the marks that open and close mathematics around the whole of it."""
    text = text.strip()
    for opening, closing in _MATH_MARKS:
        inner = text[len(opening) : -len(closing)]
        around = len(text) >= len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing)
        if around and closing not in inner and opening not in inner:
            return inner.strip()
    return text


_TEXT_MACRO = re.compile(r"\\text\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W\d_]+(?:[\s'’().,!?-]+[^\W\d_]+)*[\s.!?)]*")
_FUNCTIONS = {"sqrt", "infty", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "pi", "log", "sin", "cos", "tan"}
_WORDING = {
    "无解": "no solution",
    "没有解": "no solution",
    "no solutions": "no solution",
    "no real solutions": "no solution",
}


def words(text: str) -> str | None:
    """The text of an answer in words, case and punctuation aside; None for mathematics."""
    inside = _TEXT_MACRO.sub(r"\1", text)
    if not _WORDS.fullmatch(inside.strip()):
        return None
    plain = re.sub(r"[^\w\s]|_", " ", inside).casefold().split()
    chinese = any(ord(character) > 0x2E80 for character in inside)
    if not (chinese or "\\text" in text or any(len(word) >= 4 and word not in _FUNCTIONS for word in plain)):
        return None
    said = " ".join(plain)
    return _WORDING.get(said, said)


_OPEN, _CLOSE = "([{", ")]}"


def split_top(text: str, separators: str = ",;") -> list[str]:
    """Parts between separators that no bracket encloses; matrices stay whole."""
    if r"\begin" in text:
        return [text.strip()]
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in _OPEN) - (character in _CLOSE)
        if character in separators and depth <= 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]]]


def enclosed(text: str) -> tuple[str, str, str] | None:
    """(opening, inside, closing) where one pair of brackets, a half-open interval's included, encloses the whole."""
    for opening, closings in (("(", (")", "]")), ("[", (")", "]")), (r"\{", (r"\}",)), (r"\langle", (r"\rangle",))):
        for closing in closings:
            inside = text[len(opening) : -len(closing)]
            if (
                text.startswith(opening)
                and text.endswith(closing)
                and len(text) > len(opening)
                and nesting(inside) is not None
            ):
                return opening, inside.removesuffix("\\") if closing == "}" else inside, closing
    return None


def nesting(text: str) -> int | None:
    """How deep the brackets are; None where they do not match in number."""
    depth = deepest = 0
    for character in text:
        depth += (character in _OPEN) - (character in _CLOSE)
        deepest = max(deepest, depth)
        if depth < 0:
            return None
    return deepest if depth == 0 else None


_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")


def listed(text: str, thousands: bool) -> list[str]:
    """The values of a list; with `thousands`, commas between groups of three digits belong to a number."""
    if thousands:
        text = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
    parts = [part for part in split_top(text) if part]
    return [value for part in parts for value in _both_signs(part)]


def _both_signs(text: str) -> list[str]:
    r"""`1 \pm x` is `1 + x` and `1 - x`."""
    if r"\pm" not in text and r"\mp" not in text:
        return [text]
    found = []
    for first, second in (("+", "-"), ("-", "+")):
        signed = re.sub(r"\\pm(?![A-Za-z])", first, text)
        found.append(re.sub(r"\\mp(?![A-Za-z])", second, signed).strip().removeprefix("+").strip())
    return found
