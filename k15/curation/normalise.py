"""One spelling for one text: Unicode, line ends, blanks, invisible characters.

Guarantees: the result encodes as UTF-8, is in NFC, has no control, zero-width or direction characters,
and holds none of the tokenizer's special tokens, so a document can't speak for the chat format or stand
in for an image. Normalising twice changes nothing. Not NFKC: that would rewrite formulas (x² to x2) and
Chinese punctuation.
"""

import re
import sys
import unicodedata

from k15.curation.document import Domain
from k15.tokenizer import SPECIAL_TOKENS

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)
_BLANKS = re.compile("[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_MARKS = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(c))
_MANY_MARKS = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")
"""More than any script puts on one letter (Unicode Standard Annex 15, Stream-Safe Text Format)."""
_PERHAPS = re.compile(f"[{''.join(c for c in _MARKS if ord(c) < 0x10000)}\U00010000-\U0010ffff]{{31}}")
"""In every text with too many; a class with single characters beyond U+FFFF is searched sixty times as slowly."""
_SPECIAL = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))


def normalise(text: str, domain: Domain) -> str:
    """The normal form of `text`; only code keeps its indentation."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    # A blank in its place: joining both sides could spell another special token.
    text = _SPECIAL.sub(" ", text if text.isascii() else _composed(text))
    if domain == "code":
        lines = (line.rstrip(" \t") for line in text.split("\n"))
        return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    lines = (line.strip() for line in _BLANKS.sub(" ", text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _composed(text: str) -> str:
    """In NFC, which puts the marks of a letter in order and takes minutes for a letter of thousands of marks."""
    return _few_marks(unicodedata.normalize("NFC", _few_marks(text)))


def _few_marks(text: str) -> str:
    return _MANY_MARKS.sub(r"\1", text) if _PERHAPS.search(text) else text
