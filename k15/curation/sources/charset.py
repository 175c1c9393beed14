"""Bytes to text, whatever their label says.

Guarantees: valid UTF-8 is read as such; another charset has to fit every byte, the label's before the detected one.
UTF-8 with a few bad bytes stays UTF-8, with U+FFFD in their places.
"""

from __future__ import annotations

import codecs

from resiliparse.parse.encoding import detect_encoding

_ESCAPES = (b"\x1b$", b"\x1b(")  # of ISO 2022, which is ASCII all the same
_DAMAGE = 0.1  # bad bytes per character beyond ASCII that UTF-8 may have


def decode(data: bytes, label: str | None = None, html: bool = False) -> tuple[str, str]:
    """The text and its charset, or a ValueError with a reason in a few words."""
    marked = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    plain = not marked and not (b"\x1b" in data and any(escape in data for escape in _ESCAPES))
    if plain and (text := _strictly(data, "utf-8-sig")) is not None:
        return text, "utf-8"
    if plain and (text := _mostly_utf8(data)) is not None:
        return text, "utf-8"
    labels = [label, detect_encoding(data, from_html_meta=True) if html else None, detect_encoding(data)]
    for name in labels:
        if name and (text := _strictly(data, name)) is not None:
            return text, name
    raise ValueError(f"no charset fits it (it looks like {labels[-1] or 'none'})")


def _strictly(data: bytes, name: str) -> str | None:
    name = "gb18030" if name.lower() in ("gb2312", "gbk", "gb_2312-80") else name
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _mostly_utf8(data: bytes) -> str | None:
    text = data.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd")
    beyond = sum(not c.isascii() for c in text) if bad else 0
    return text if bad <= _DAMAGE * (beyond - bad) else None
