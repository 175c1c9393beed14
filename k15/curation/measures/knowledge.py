"""Measures of knowledge texts: what kind of document it is, whether it teaches, how well it was read by OCR.

By rules alone: an educational value for ranking and thresholds, not the verdict of a model.
"""

from __future__ import annotations

import re

from k15.curation.measures.view import View, share, word_set

_BROKEN = re.compile(
    r"[a-z][A-Z][a-z]|[A-Za-z]\d[A-Za-z]|[b-df-hj-np-tv-xz]{6,}|(\w)\1\1\1|^[^\W\d_aAIO]$|[\ufffd¬¦]", re.ASCII
)
_LOST = re.compile("[\ufffd¬¦■□]")
# Cleared of what only looks broken: McDonald, iPhone, H2O, Roman numerals and initials are words.
_SOUND = re.compile(r"(?:Mac|Mc|De|La|Le|O|e|i)[A-Z][a-z]+|[A-Z][A-Za-z]?\d[A-Za-z]?\d?|[IVXLCDMivxlcdm]+|[A-Z]")
_LINES = {
    "question_answer": re.compile(
        r"(?:Q(?:uestion)?|A(?:nswer)?) ?\d*[:.)]|(?:问|答|问题|答案|問|問題)[::]"
        r"|(?:Who|What|When|Where|Why|How|Which|Name) .+\?|.*[?？]$"
    ),
    "list": re.compile(r"(?:[-*•·]|\d{1,3}[.)]|\|) ?\S|(?:\S++ ?){1,3}$"),
}
_WORDS = {
    "advertising": word_set(
        """
        buy cart checkout click deals discount discounts offer offers order sale shipping shop subscribe
        """
    ),
    "legal": word_set(
        """
        agreement clause defendant hereby herein hereof hereunder indemnify jurisdiction liability liable licensee
        licensor notwithstanding plaintiff provision provisions pursuant shall thereof warranties warranty
        """
    ),
    "textbook": word_set(
        """
        chapter consider define definition example examples exercise exercises figure introduction lesson objectives
        recall section summary suppose table theorem therefore
        """
    ),
    "encyclopaedic": word_set(
        """
        are born century founded is known located population published region species was were
        """
    ),
}
_PHRASES: dict[str, tuple[str, ...]] = {
    "advertising": (
        "add to cart", "click here", "call us", "call now", "money back", "best price", "limited time", "our products",
        "our services", "our team", "our customers", "sign up", "special offer",
        "优惠", "促销", "包邮", "热线", "抢购", "立即购买", "購物車", "購買",
    ),
    "legal": ("terms and conditions", "subject to the", "条款", "甲方", "乙方", "协议", "本合同", "條款"),
    "textbook": (
        "for instance", "we see", "we show", "we have", "we can", "let us", "in this",
        "例如", "练习", "定义", "因此", "所谓", "本章", "定義", "練習",
    ),
    "encyclopaedic": (
        "also known as", "refers to", "consists of", "belongs to", "capital of", "part of", " is a", " is the",
        " was a",
        "是一", "位于", "位於", "属于", "屬於", "出生于", "成立于", "世纪", "世紀", "称为", "稱為",
    ),
}  # fmt: skip
_PRICE = re.compile(r"[$€£]\d[\d.,]*+(?!\$)")
_CERTAIN = {"advertising": 0.04, "legal": 0.03, "textbook": 0.04, "encyclopaedic": 0.1}
"""How many signs a word make a text of the kind for certain."""
_CERTAIN_LINES = {"question_answer": 0.5, "list": 0.8}
_TEACHES = word_set(
    """
    because between called cause causes consists defined definition developed difference discovered effect effects
    evidence example examples explain explains first function hence history however instance invented known means
    method principle process research result results science scientific structure study such system theory therefore
    thus
    """
)
_TEACHES_HAN = (
    "因为", "所以", "因此", "例如", "称为", "定义", "理论", "研究", "历史", "科学", "原理", "方法", "系统", "结构",
    "发现", "發現", "歷史", "理論", "科學", "因為", "稱為",
)  # fmt: skip
_TEACHING = 0.05
"""Share of such words from which a text is teaching for certain."""
_TYPES = (*_CERTAIN_LINES, *_CERTAIN)


def measure(view: View) -> dict[str, float]:
    kinds = _kinds(view)
    quality = _ocr_quality(view)
    signs = view.count_words(_TEACHES) + (view.count_phrases(_TEACHES_HAN) if view.han else 0)
    teaches = min(1.0, share(signs, len(view.words)) / _TEACHING)
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
    for kind, certain in _CERTAIN_LINES.items():
        result[kind] = min(1.0, view.line_share(_LINES[kind].match) / certain)
    for kind, certain in _CERTAIN.items():
        signs = view.count_words(_WORDS[kind]) + view.count_phrases(_PHRASES[kind])
        if kind == "advertising":
            signs += len(_PRICE.findall(view.text))
        result[kind] = min(1.0, share(signs, len(view.words)) / certain)
    return result


def _ocr_quality(view: View) -> float:
    """Share of the words that are not broken; a lost character counts as a broken word."""
    latin = {word: n for word, n in view.vocabulary.items() if word.isascii() and not word.isdecimal()}
    broken = sum(n for word, n in latin.items() if _BROKEN.search(word) and not _SOUND.fullmatch(word))
    return 1 - min(1.0, share(broken + len(_LOST.findall(view.text)), len(view.words)))
