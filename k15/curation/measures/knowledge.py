"""Measures of knowledge texts: what kind of document it is, whether it teaches, how well it was read by OCR.

By rules alone: an educational value for ranking and thresholds, not the verdict of a model.
"""

from __future__ import annotations

import re

from k15.curation.measures.view import View, share

_BROKEN = re.compile(
    r"[a-z][A-Z][a-z]|[A-Za-z]\d[A-Za-z]|[b-df-hj-np-tv-xz]{6,}|(\w)\1\1\1|^[^\W\d_aAIO]$|[\ufffd¬¦]", re.ASCII
)
_LOST = re.compile("[\ufffd¬¦■□]")
# Cleared of what only looks broken: McDonald, iPhone, H2O, Roman numerals and initials are words.
_SOUND = re.compile(r"(?:Mac|Mc|De|La|Le|O|e|i)[A-Z][a-z]+|[A-Z][A-Za-z]?\d[A-Za-z]?\d?|[IVXLCDMivxlcdm]+|[A-Z]")
_TYPES: dict[str, re.Pattern[str]] = {
    "question_answer": re.compile(
        r"^(?:Q(?:uestion)?|A(?:nswer)?) ?\d*[:.)]|^(?:问|答|问题|答案|問|問題)[::]|\?$|？$"
        r"|^(?:Who|What|When|Where|Why|How|Which|Name) .+\?",
        re.MULTILINE,
    ),
    "list": re.compile(r"^(?:[-*•·]|\d{1,3}[.)]|\|) ?\S|^(?:\S+ ?){1,3}$", re.MULTILINE),
    "advertising": re.compile(
        r"\b(?:buy now|order now|add to cart|free shipping|discount|special offer|sale|subscribe|sign up|click here"
        r"|call (?:us|now)|money.back|best price|limited time|our (?:products|services|team|customers))\b"
        r"|[$€£]\d|优惠|促销|包邮|热线|抢购|立即购买|購物車|購買",
        re.IGNORECASE,
    ),
    "legal": re.compile(
        r"\b(?:hereby|herein|hereof|thereof|pursuant|notwithstanding|shall|liability|liable|warrant(?:y|ies)"
        r"|indemnif\w+|jurisdiction|plaintiff|defendant|provision|licensor|licensee|agreement|clause)\b"
        r"|条款|甲方|乙方|协议|本合同|條款",
        re.IGNORECASE,
    ),
    "textbook": re.compile(
        r"\b(?:chapter|section|lesson|exercise|example|definition|theorem|figure|table|summary|introduction|objectives?"
        r"|for instance|recall that|we (?:define|see|show|have|can)|let us|suppose|consider|therefore|in this)\b"
        r"|例如|练习|定义|因此|所谓|本章|定義|練習",
        re.IGNORECASE,
    ),
    "encyclopaedic": re.compile(
        r"\b(?:(?:is|was|are|were) (?:an?|the|one of|part of|called|known|located|born|founded|built|published|named)"
        r"|also known as|refers to|consists? of|belongs? to|capital of|century|population|species)\b"
        r"|\(\d{4}\b|\b(?:1[0-9]|20)\d\d\b|是一|位于|位於|属于|屬於|出生于|成立于|世纪|世紀|称为|稱為",
        re.IGNORECASE,
    ),
}
# How many signs a word (or a line, for the first two) makes a text of the kind certain.
_CERTAIN = {"question_answer": 0.5, "list": 0.8, "advertising": 0.03, "legal": 0.03, "textbook": 0.03, "encyclopaedic": 0.04}
_BY_LINE = ("question_answer", "list")
_TEACHES = re.compile(
    r"\b(?:because|therefore|thus|hence|means|called|known as|defined?|definition|explains?|example|for instance|such as"
    r"|causes?|results?|consists?|theory|process|system|research|study|science|scientific|history|principle|method"
    r"|effects?|structure|function|evidence|discovered|invented|developed|difference|between|first|second|however)\b"
    r"|因为|所以|因此|例如|称为|定义|理论|研究|历史|科学|原理|方法|系统|结构|发现|發現|歷史|理論|科學|因為|稱為",
    re.IGNORECASE,
)


def measure(view: View) -> dict[str, float]:
    kinds = _kinds(view)
    quality = _ocr_quality(view)
    teaches = min(1.0, share(len(_TEACHES.findall(view.text)), len(view.words)) / 0.05)
    informs = max(kinds["textbook"], kinds["encyclopaedic"], 0.7 * kinds["question_answer"])
    sells = max(kinds["advertising"], 0.5 * kinds["list"], 0.5 * kinds["legal"])
    return {
        **{f"type_{kind}": value for kind, value in kinds.items()},
        "educational_value": max(0.0, (0.5 * teaches + 0.5 * informs) * (1 - 0.8 * sells) * quality),
        "ocr_quality": quality,
    }


def document_type(measures: dict[str, float]) -> str:
    """The kind with the most signs; `other` where there are few of any."""
    kind = max(_TYPES, key=lambda name: measures[f"type_{name}"])
    return kind if measures[f"type_{kind}"] >= 0.3 else "other"


def _kinds(view: View) -> dict[str, float]:
    result = {}
    for kind, signs in _TYPES.items():
        found = sum(1 for _ in signs.finditer(view.text))
        result[kind] = min(1.0, share(found, len(view.lines if kind in _BY_LINE else view.words)) / _CERTAIN[kind])
    return result


def _ocr_quality(view: View) -> float:
    """Share of the words that are not broken; a lost character counts as a broken word."""
    latin = {word: n for word, n in view.vocabulary.items() if word.isascii() and not word.isdecimal()}
    broken = sum(n for word, n in latin.items() if _BROKEN.search(word) and not _SOUND.fullmatch(word))
    return 1 - min(1.0, share(broken + len(_LOST.findall(view.text)), len(view.words)))
