"""What keeps a problem out of the RL prompt set by its form (§2.1).

Multiple-choice and true/false questions are easy to guess, proofs cannot be checked against a short answer: the paper
leaves all three out. The patterns read English and Chinese; they look at the question and the reference answer and know
nothing about the source. Not guaranteed: choices that are written into a sentence without letters.
"""

import re

from k15.rewards.spec import NEEDED

_DRAWING = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)
_MARK = r"(?:\\(?:text(?:bf)?|mathrm|mathbf|textrm)\{\s*)?"
_CHOICE = re.compile(
    # (A) … (B) …; not the values f(A) and f(B)
    rf"(?<![\w(]){_MARK}\(A\).+(?<![\w(]){_MARK}\(B\)"
    # A. … on lines of their own, after any bullet
    r"|(?:^|\n)\W*A\s*[.):：．、].*\n\W*B\s*[.):：．、]"
    # A. … B. … C. … in one line
    r"|(?<!\w)A\s*([.):：．、])\s*\S.*?(?<!\w)B\s*\1\s*\S.*?(?<!\w)C\s*\1\s*\S"
    r"|(?i:\bwhich (?:one )?of the following\b|\b(?:enter|give|write) the letter\b|\bmultiple[- ]choice question\s*:)"
    r"|(?:下列|下面|以下|下述)[^。？?\n]{0,24}(?:哪|正确的|错误的|不正确|的是|不属于|属于)|(?:选择题|单选|多选)[:：]",
    re.DOTALL,
)
_LETTERED = re.compile(r"\(a\).+\(b\)", re.IGNORECASE | re.DOTALL)
_TRUE_FALSE = re.compile(
    r"^\W*(?:true\s*(?:or|/)\s*false|t/f)\b|\btrue\s*(?:or|/)\s*false\s*[:?)]\s*$"
    r"|\b(?:decide|determine|say|state|tell|whether|answer|is|are)\b[^.?!]{0,80}\btrue or false\b"
    r"|正确还是错误|是对还是错|对还是错|判断(?:题|对错|正误|真假|下列|以下)|是真是假|是否正确[。？?]?\s*$",
    re.IGNORECASE,
)
_TRUE_FALSE_ANSWERS = {"true", "false", "yes", "no", "对", "错", "正确", "错误", "是", "否"}
_PROOF = re.compile(
    # as an order: "Their results show that …" tells, and dough proofs
    r"(?:^|[.!?:;]\s+|[,)]\s+(?:then |and )?|\b(?:then|and|please|must|to) )"
    r"(?:prove|disprove|show(?: \w+ly)? that)\b"
    r"|\b(?:give|write|find|provide|complete) (?:a|an|the|your)\b[^.?!]{0,30}\bproof\b|\bproof (?:of|that)\b"
    r"|求证|证明[:：]|(?:请|试|并|来|尝试)证明|(?:^|[。；，,;\n])\s*证明|证明(?:过程|你的结论)",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"\\(?:text|textbf|mathrm|boxed)\{(.*)\}")
_LETTER = re.compile(r"\(?[A-H]\)?", re.IGNORECASE)


def form(question: str, answer: str, verifier: str) -> str | None:
    """The reason for which a problem of this form cannot be an RL prompt, if there is one."""
    question = _DRAWING.sub(" ", question).strip()
    told = answer.strip()
    if match := _WRAPPED.fullmatch(told):
        told = match[1].strip()
    by_letter = bool(_LETTER.fullmatch(told)) and bool(_LETTERED.search(question))
    if verifier == "choice" or by_letter or _CHOICE.search(question):
        return "multiple-choice"
    if _TRUE_FALSE.search(question) or told.casefold() in _TRUE_FALSE_ANSWERS:
        return "true-false"
    if _PROOF.search(question):
        return "proof"
    return None if told or verifier in NEEDED else "no-answer"
