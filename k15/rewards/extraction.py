"""Where the answer stands in a response.

Two readings: "rl" takes the content of the last `\\boxed{...}` and nothing else, so that a policy is never
paid for an answer that it did not commit to; "eval" falls back to the usual phrases and then to the last
number, to read models that were not trained to box. Both look only behind the thought: an answer inside
`<think>` or in a thought that never ended does not count. The scan is linear and not recursive, so hostile
nesting costs nothing.
"""

import re
from typing import Literal

Mode = Literal["rl", "eval"]

BOX = "\\boxed{"
NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?"
_NUMBER = re.compile(NUMBER)
_PHRASE = re.compile(
    r"(?:(?:final\s+)?answer\s*(?:is|:|=)|####|答案(?:是|为|:|：)|(?:^|\n)[ \t]*A:)[ \t]*:?[ \t]*\n?(?P<rest>[^\n]+)",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"(?<![A-Za-z])\(?([A-J])\)?(?![A-Za-z])")


def visible(response: str) -> str:
    """The part behind the thought; empty while the thought is still open."""
    _, closed, rest = response.rpartition("</think>")
    if closed:
        return rest
    return "" if "<think>" in response else response


def last_boxed(text: str) -> str | None:
    """Content of the last `\\boxed{...}`; None if there is none or if it is never closed."""
    start = text.rfind(BOX)
    if start < 0:
        return None
    begin = position = start + len(BOX)
    depth = 1
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[begin:position].strip()
        position += 1
    return None


def extract_math(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed = last_boxed(text)
    if boxed is not None or mode == "rl":
        return boxed
    phrases = list(_PHRASE.finditer(text))
    if phrases:
        return _answer_in_phrase(phrases[-1]["rest"]) or None
    numbers = _NUMBER.findall(text)
    return numbers[-1] if numbers else None


def _answer_in_phrase(rest: str) -> str:
    """`$x$` if the phrase holds mathematics, else its first number, else the phrase without its full stop."""
    formula = re.search(r"\$+([^$]+)\$+|\\\((.+?)\\\)", rest)
    if formula:
        return (formula[1] or formula[2]).strip()
    number = _NUMBER.search(rest)
    if number and not re.search(r"[\\^=]", rest):
        return number[0]
    return rest.strip().rstrip(".。")


def extract_choice(response: str, mode: Mode) -> str | None:
    """The letter of the chosen option."""
    text = visible(response)
    boxed = last_boxed(text)
    if boxed is not None or mode == "rl":
        letter = _CHOICE.fullmatch(_unwrap(boxed or "").rstrip("."))
        return letter[1] if letter else None
    phrases = list(_PHRASE.finditer(text))
    letters = _CHOICE.findall(phrases[-1]["rest"])[:1] if phrases else _CHOICE.findall(text)[-1:]
    return letters[0] if letters else None


def extract_string(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed = last_boxed(text)
    if boxed is not None or mode == "rl":
        return None if boxed is None else _unwrap(boxed)
    phrases = list(_PHRASE.finditer(text))
    if phrases:
        return phrases[-1]["rest"]
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else None


def _unwrap(text: str) -> str:
    """`\\text{Paris}` → `Paris`."""
    match = re.fullmatch(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}", text.strip())
    return match[1].strip() if match else text.strip()
