"""Where the answer stands in a response.

Two readings: "rl" takes the content of the last `\\boxed{...}` and nothing else, so that a policy is never
paid for an answer that it did not commit to; "eval" falls back to the usual phrases and then to the last
number, to read models that were not trained to box. Both look only behind the thought: an answer inside
`<think>` or in a thought that never ended does not count. A last box that never ends holds no answer in either
reading: what it holds may be the beginning of another number. The scan is linear and not recursive, so hostile
nesting costs nothing.
"""

import re
from collections import deque
from typing import Literal

from k15.rewards.counts import NUMBER_OR_WORD

Mode = Literal["rl", "eval"]

NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?"
_NUMBER = re.compile(NUMBER)
_BRACES = re.compile(r"(?P<box>\\boxed\s*\{)|\\(?!boxed).|(?P<open>\{)|(?P<close>\})", re.DOTALL)
_PHRASE = re.compile(
    r"(?:(?:final\s+)?answer\s*(?:is|:|=)|####|答案?(?:是|为|:|：)|(?:^|\n)[ \t]*A:)[ \t]*:?[ \t]*\n?(?P<rest>[^\n]+)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\*\*|__|`")
_LETTER = r"\(?[A-J]\)?(?![A-Za-z])"
_ONE = re.compile(rf"(?<![A-Za-z]){_LETTER}")
_BETWEEN = r"(?:\s*[,;、，&和]\s*(?:and\s+)?|\s+and\s+|\s+)"
_SEVERAL = re.compile(rf"(?<![A-Za-z])(?:{_LETTER}(?:{_BETWEEN}{_LETTER})*|[A-J]{{2,10}}(?![A-Za-z]))")
_OPTION = re.compile(r"\(?([A-J])(?:\)|[.:：、])\s*(?P<text>.*)", re.DOTALL)

_SPACE = re.compile(r"\s*")

Span = tuple[int, int]


def visible(response: str) -> str:
    """The part behind the thought; empty while the thought is still open."""
    _, closed, rest = response.rpartition("</think>")
    if closed:
        return rest
    return "" if "<think>" in response else response


def boxes(text: str) -> list[Span | None]:
    """Where the content of each `\\boxed{...}` stands, in order of their beginnings; None for one that never ends.

    A box that holds another box and nothing else has the content of the inner one.
    """
    found: list[Span | None] = []
    ends: dict[int, int] = {}  # of the boxes that ended, with their closing brace, by their beginning
    stack: list[tuple[int, int, int]] = []  # number of the box or -1, its beginning, the beginning of its content
    at: dict[int, int] = {}  # number of a box by its beginning
    for brace in _BRACES.finditer(text):
        if brace["box"]:
            at[brace.start()] = len(found)
            stack.append((len(found), brace.start(), brace.end()))
            found.append(None)
        elif brace["open"]:
            stack.append((-1, 0, 0))
        elif brace["close"] and stack:
            number, start, begin = stack.pop()
            if number < 0:
                continue
            ends[start] = brace.end()
            inner = _skip_space(text, begin)
            if inner in ends and _skip_space(text, ends[inner]) == brace.start():
                found[number] = found[at[inner]]
            else:
                found[number] = (begin, brace.start())
    return found


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def last_boxed(text: str) -> str | None:
    """Content of the last `\\boxed{...}`; None if there is none or if it is never closed."""
    found = boxes(text)
    return text[slice(*found[-1])].strip() if found and found[-1] else None


def hedges(response: str) -> bool:
    """Whether boxes of one response hold different answers: a policy must not be paid for trying several."""
    text = visible(response)
    spans = [span for span in boxes(text) if span]
    last = "".join(text[slice(*spans[-1])].split()) if spans else ""
    return any("".join(text[slice(*span)].split()) != last for span in spans[:-1])


def _boxed(text: str, mode: Mode) -> tuple[str | None, bool]:
    """The content of the last box, and whether that is all there is to read."""
    found = boxes(text)
    if found:
        return (text[slice(*found[-1])].strip() if found[-1] else None), True
    return None, mode == "rl"


def _last_phrase(text: str) -> str | None:
    last = deque(_PHRASE.finditer(text), maxlen=1)
    return _MARKDOWN.sub("", last[0]["rest"]).strip() if last else None


def extract_math(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed, only = _boxed(text, mode)
    if only:
        return boxed
    phrase = _last_phrase(text)
    if phrase is not None:
        return _answer_in_phrase(phrase) or None
    numbers = deque(_NUMBER.finditer(text), maxlen=1)
    return numbers[0][0] if numbers else None


def _answer_in_phrase(rest: str) -> str:
    """`$x$` if the phrase holds mathematics, else its first number, else the phrase without its full stop."""
    formula = re.search(r"\$+([^$]+)\$+|\\\((.+?)\\\)", rest)
    if formula:
        return (formula[1] or formula[2]).strip()
    number = _NUMBER.search(rest)
    if number and not re.search(r"[\\^=]", rest):
        percent = rest[number.end() :].lstrip()[:1]
        return number[0] + (percent if percent == "%" else "")
    return rest.strip().rstrip(".。")


def extract_choice(response: str, mode: Mode) -> str | None:
    """The letters of the chosen options, sorted: `AC` for "A and C"."""
    text = visible(response)
    boxed, only = _boxed(text, mode)
    if only:
        return None if boxed is None else letters(boxed)
    phrase = _last_phrase(text)
    if phrase is None:
        single = deque(_ONE.finditer(text), maxlen=1)
        return single[0][0].strip("()") if single else None
    several = _SEVERAL.search(phrase)
    if several is None:
        return None
    if re.match(r"\W*$", phrase[several.end() :]):
        return letters(several[0])
    first = _ONE.search(phrase)
    return first[0].strip("()") if first else letters(several[0])


def letters(text: str) -> str | None:
    """Sorted letters of a text that names options and does nothing else; a single option may repeat its wording."""
    text = unwrap_text(text).strip("$ ").rstrip(".")
    option = _OPTION.fullmatch(text)
    if option and not _ONE.search(option["text"]):
        return option[1]
    if not _SEVERAL.fullmatch(text):
        return None
    return "".join(sorted(set(re.findall(r"[A-J]", re.sub(r"and", "", text)))))


def extract_count(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed, only = _boxed(text, mode)
    if only:
        return boxed
    number = NUMBER_OR_WORD.search(_last_phrase(text) or "")
    numbers = [number] if number else deque(NUMBER_OR_WORD.finditer(text), maxlen=1)
    return numbers[0][0] if numbers else None


def extract_string(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed, only = _boxed(text, mode)
    if only:
        return None if boxed is None else unwrap_text(boxed)
    phrase = _last_phrase(text)
    if phrase is not None:
        return phrase
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else None


def unwrap_text(text: str) -> str:
    """`\\text{Paris}` → `Paris`."""
    match = re.fullmatch(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}", text.strip())
    return match[1].strip() if match else text.strip()
