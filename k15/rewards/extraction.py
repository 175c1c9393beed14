"""Where the answer stands in a response.

Two readings: "rl" takes the content of the last `\\boxed{...}` and nothing else, so that a policy is never
paid for an answer that it did not commit to; "eval" falls back to the usual phrases and then to the last
number, to read models that were not trained to box. Both look only behind the thought: an answer inside
`<think>` or in a thought that never ended does not count. A last box that never ends holds no answer in either
reading: what it holds may be the beginning of another number. Of a longer answer the last million characters
are read. The scan is linear and not recursive, so hostile nesting costs nothing.
"""

import re
from collections import deque
from typing import Literal

from k15.rewards.counts import NUMBER_OR_WORD

Mode = Literal["rl", "eval"]

TAIL = 1_000_000
PHRASE = 2_000

NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?"
_NUMBER = re.compile(NUMBER)
_BRACES = re.compile(r"(?P<box>\\boxed\s*\{)|\\(?!\\boxed).|(?P<open>\{)|(?P<close>\})", re.DOTALL)
_PHRASE = re.compile(
    r"(?:(?:final\s+)?answer\s*(?:is|:|=)|####|答案?(?:是|为|:|：)|(?:^|\n)[ \t]*A:)[ \t]*[:：]?[ \t]*\n?(?=[^\n])",
    re.IGNORECASE,
)
_CONNECTIVES = re.compile(r"(?:[\s$,;、，和或]|\\q?quad|\\[()\[\],;]|\\text\s*\{[\s,]*(?:and|or)?[\s,]*\}|and|or)*")
_MARKDOWN = re.compile(r"\*\*|__|`")
_FORMULA = re.compile(r"\$+([^$]+)\$+|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_IN_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}|\\text")
_LETTER = r"\(?[A-J]\)?(?![A-Za-z])"
_ONE = re.compile(rf"(?<![A-Za-z]){_LETTER}")
_BETWEEN = r"(?:\s*[,;、，&和]\s*(?:and\s+)?|\s+and\s+|\s+)"
_SEVERAL = re.compile(rf"(?<![A-Za-z])(?:{_LETTER}(?:{_BETWEEN}{_LETTER})*|[A-J]{{2,10}}(?![A-Za-z]))")
_OPTION = re.compile(r"\(?([A-J])(?:\)|[.:：、])\s*(?P<text>.*)", re.DOTALL)

_SPACE = re.compile(r"\s*")

Span = tuple[int, int]


def visible(response: str) -> str:
    """The part behind the thought, and of it the last `TAIL` characters; empty while the thought is still open."""
    _, closed, rest = response.rpartition("</think>")
    if not closed and "<think>" in response:
        return ""
    return rest[-TAIL:]


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
    """What the last box holds, and whether that is all there is to read."""
    found = boxes(text)
    if not found:
        return None, mode == "rl"
    return (_joined(text, found) if mode == "eval" else last_boxed(text)), True


def _joined(text: str, found: list[Span | None]) -> str | None:
    """The last box and those in front of it that connectives join to it: `\\boxed{1} and \\boxed{2}` is `1, 2`."""
    if found[-1] is None:
        return None
    after, values = found[-1], [text[slice(*found[-1])].strip()]
    for before in reversed(found[:-1]):
        start = text.rfind("\\boxed", before[1], after[0]) if before else -1
        if before is None or start < 0 or not _CONNECTIVES.fullmatch(text, before[1] + 1, start):
            break
        values.append(text[slice(*before)].strip())
        after = before
    return ", ".join(dict.fromkeys(reversed(values)))


def _last_phrase(text: str) -> str | None:
    """The rest of the line behind the last announcement of an answer."""
    last = deque(_PHRASE.finditer(text), maxlen=1)
    return _MARKDOWN.sub("", text[last[0].end() :].partition("\n")[0]).strip() if last else None


def extract_math(response: str, mode: Mode) -> str | None:
    text = visible(response)
    boxed, only = _boxed(text, mode)
    if only:
        return boxed
    phrase = _last_phrase(text)
    if phrase is not None:
        return _answer_in_phrase(phrase) or None
    return _last_value(text)


def _last_value(text: str) -> str | None:
    """The last number, or the formula around it if it is one (`$5 and $3` are sums of money, `\\frac12` alone is)."""
    alone = text[-PHRASE:].strip().rpartition("\n")[2]
    if "\\" in alone and not _IN_WORDS.search(alone):
        return alone.strip()
    numbers = deque(_NUMBER.finditer(text), maxlen=1)
    if not numbers:
        return None
    end = text[-PHRASE:]
    place = numbers[0].start() - (len(text) - len(end))
    for formula in _FORMULA.finditer(end):
        inside = next(filter(None, formula.groups())).strip()
        if formula.start() < place < formula.end() and re.search(r"\\[A-Za-z]|[<>=^]", inside):
            return inside
    return numbers[0][0]


def _answer_in_phrase(rest: str) -> str:
    """The first formula that is more than a name (`the largest $n$ is 34`), else the first number, else the phrase."""
    rest = rest[:PHRASE]
    formulas = [next(filter(None, formula.groups())).strip() for formula in _FORMULA.finditer(rest)]
    chosen = next((formula for formula in formulas if not formula.isalpha()), None)
    if chosen is None and formulas and not _NUMBER.search(rest):
        chosen = formulas[0]
    if chosen is not None:
        return chosen
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


_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<marks>```+)[ \t]*(?P<tag>[\w+#-]*)[^`]*$")


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """(tag, content) of the fenced blocks of a text, in their order; one that never ends is none. A block in a list is
    indented as its fence is, and comes without that.

    Line by line: a regular expression for whole blocks takes quadratic time over fences that nothing closes.
    """
    found: list[tuple[str, str]] = []
    opening: re.Match[str] | None = None
    content: list[str] = []
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        bare = line.strip(" \t")
        if opening is None:
            opening, content = _OPENING.match(line), []
        elif bare == "`" * len(bare) and len(bare) >= len(opening["marks"]):
            found.append((opening["tag"].lower(), "".join(f"{one}\n" for one in content)))
            opening = None
        else:
            indent = len(opening["indent"])
            content.append(line[:indent].lstrip(" \t") + line[indent:])
    return found
