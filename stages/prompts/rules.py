"""What keeps a problem out of the RL prompt set before a model has seen it, and the final balance (§2.1).

Multiple-choice and true/false questions are easy to guess, proofs cannot be checked against a short answer:
the paper leaves all three out. The patterns read English and Chinese; they look at the question and the
reference answer and know nothing about the source.
"""

import hashlib
import math
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from k15.rewards.spec import NEEDED
from stages.prompts.candidates import Candidate

_CHOICE = re.compile(
    r"(?<!\w)\(A\).*(?<!\w)\(B\)|(?:^|\n)\s*A[.):].*\n\s*B[.):]|which of the following|下列|以下哪",
    re.IGNORECASE | re.DOTALL,
)
_TRUE_FALSE = re.compile(r"\btrue\s*(?:or|/)\s*false\b|正确还是错误|是对还是错|判断对错", re.IGNORECASE)
_TRUE_FALSE_ANSWERS = {"true", "false", "yes", "no", "对", "错", "正确", "错误", "是", "否"}
_PROOF = re.compile(r"\b(?:prove|disprove|proof|show that)\b|证明|求证", re.IGNORECASE)


def exclusion(candidate: Candidate) -> str | None:
    """The reason for which a problem cannot be an RL prompt, if there is one."""
    if candidate.verifier == "choice" or _CHOICE.search(candidate.question):
        return "multiple-choice"
    if _TRUE_FALSE.search(candidate.question) or candidate.answer.strip().casefold() in _TRUE_FALSE_ANSWERS:
        return "true-false"
    if _PROOF.search(candidate.question):
        return "proof"
    return None if candidate.answer.strip() or candidate.verifier in NEEDED else "no-answer"


def fingerprint(candidate: Candidate) -> str:
    """Equal for the same question about the same picture, whatever its case, spacing and punctuation."""
    text = unicodedata.normalize("NFKC", candidate.question).casefold()
    # Signs stay: `a-b` and `a+b` are different questions.
    text = "".join(c for c in text if not c.isspace() and c not in ".,;:!?。，；：！？\"'$")
    digest = hashlib.sha256(text.encode())
    for image in candidate.images:
        digest.update(hashlib.sha256(image).digest())
    return digest.hexdigest()


def reasons_before_sampling(items: Sequence[Candidate], heldout: Sequence[Candidate]) -> dict[int, str]:
    """Position → reason, for the candidates that are excluded by rule, held out, or said before."""
    heldout_ids = {problem.id for problem in heldout}
    heldout_marks = {fingerprint(problem) for problem in heldout}
    seen: set[str] = set()
    reasons: dict[int, str] = {}
    for index, item in enumerate(items):
        mark = fingerprint(item)
        reason = exclusion(item)
        if reason is None and (item.id in heldout_ids or mark in heldout_marks):
            reason = "held-out"
        elif reason is None and mark in seen:
            reason = "duplicate"
        if reason is not None:
            reasons[index] = reason
        seen.add(mark)
    return reasons


def surplus(disciplines: Sequence[str], max_share: float, seed: int) -> set[int]:
    """Positions to drop, so that no discipline has more than `max_share` of the rest if that is possible."""
    cap = _cap(list(Counter(disciplines).values()), max_share)
    order = list(range(len(disciplines)))
    random.Random(seed).shuffle(order)
    taken: Counter[str] = Counter()
    dropped = set()
    for index in order:
        taken[disciplines[index]] += 1
        if taken[disciplines[index]] > cap:
            dropped.add(index)
    return dropped


def _cap(counts: Sequence[int], max_share: float) -> int:
    """The largest cap c with c ≤ max_share · Σ min(n, c).

    Never below the smallest discipline: there all are equal, and a smaller share does not exist.
    """
    smallest, cap = min(counts, default=0), max(counts, default=0)
    while cap > smallest:
        allowed = math.floor(max_share * sum(min(count, cap) for count in counts))
        if allowed >= cap:
            break
        cap = max(allowed, smallest)
    return cap
