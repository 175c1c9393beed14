"""Which candidates stay out of the RL prompt set before a model has seen them (§2.1): those of a form that is excluded,
those that are held out, and what was said before."""

import hashlib
import unicodedata
from collections.abc import Sequence

from stages.prompts.candidates import Candidate
from stages.prompts.exclusion import form


def exclusion(candidate: Candidate) -> str | None:
    """The reason for which a problem cannot be an RL prompt, if there is one."""
    return candidate.barred or form(candidate.question, candidate.answer, candidate.verifier)


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
