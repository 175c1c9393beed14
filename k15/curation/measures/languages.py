"""Which language a text is in: CLD2 (compiled, with its model inside), and the script itself for Chinese.

Not guaranteed: an answer for a few words, or for close relatives (Norwegian and Danish, Croatian and Serbian).
Classical and modern Chinese, simplified or traditional, are all `zh`.
"""

from __future__ import annotations

import re

import pycld2

from k15.curation.measures.view import HAN, View

UNKNOWN = "und"
_LOOKED_AT = 10_000
_HAN = re.compile(f"[{HAN}]")
# Japanese and Korean texts hold Han characters too, but never these alone.
_KANA_OR_HANGUL = re.compile("[\u3041-\u30ff\u1100-\u11ff\uac00-\ud7af]")
_LATIN_WORD = re.compile("[A-Za-z]+")
_CHINESE_SHARE = 0.4
_FOREIGN_SHARE = 0.05
_SAYS_SOMETHING = 500
"""Letters from which a text in an unknown language is in another one than those that CLD2 knows."""
_SAME = {"iw": "he", "nb": "no", "nn": "no", "zh-Hant": "zh", "un": UNKNOWN, "xxx": UNKNOWN}


def identify(text: str) -> tuple[str, float]:
    """The ISO 639 code of the main language, `und` if nothing can be said, and the share of the text in it;
    half that share where the identifier itself doubts."""
    text = text[:_LOOKED_AT]
    if not text.isascii() and (chinese := _chinese(text)) >= _CHINESE_SHARE:
        return "zh", chinese
    try:
        reliable, _, ((_, code, percent, _), *_) = pycld2.detect(text, bestEffort=True)
    except pycld2.error:  # characters that are no text
        return UNKNOWN, 0.0
    code = _SAME.get(code, code)
    return code, 0.0 if code == UNKNOWN else percent / 100 * (1.0 if reliable else 0.5)


def measure(view: View, identified: tuple[str, float]) -> dict[str, float]:
    """A text of which nothing can be said, being short or all formulas, speaks no other language: it matches, with no
    confidence."""
    code, confidence = identified
    silent = code == UNKNOWN and view.letters < _SAYS_SOMETHING
    return {
        "language_match": float(code == view.document.language or silent),
        "language_confidence": confidence,
    }


def _chinese(text: str) -> float:
    """Share of Han characters among these and the Latin words; none if the script is Japanese or Korean."""
    han = len(_HAN.findall(text))
    if not han or len(_KANA_OR_HANGUL.findall(text)) > _FOREIGN_SHARE * han:
        return 0.0
    return han / (han + len(_LATIN_WORD.findall(text)))
