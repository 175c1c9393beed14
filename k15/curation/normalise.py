"""One spelling for one text: Unicode, line ends, blanks, invisible characters.

Guarantees: the result encodes as UTF-8, is in NFC, has no control, zero-width or direction characters,
and holds none of the tokenizer's special tokens, so a document can't speak for the chat format or stand
in for an image. Normalising twice changes nothing. Not NFKC: that would rewrite formulas (x² to x2) and
Chinese punctuation.
"""

import re
import unicodedata

from k15.curation.document import Domain
from k15.tokenizer import SPECIAL_TOKENS

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)
_BLANKS = re.compile("[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPECIAL = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))


def normalise(text: str, domain: Domain) -> str:
    """The normal form of `text`; only code keeps its indentation."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    # A blank in its place: joining both sides could spell another special token.
    text = _SPECIAL.sub(" ", unicodedata.normalize("NFC", text))
    if domain == "code":
        return _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", text)).strip("\n")
    lines = (line.strip() for line in _BLANKS.sub(" ", text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
