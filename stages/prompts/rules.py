"""Which candidates stay out of the RL prompt set before a model has seen them (§2.1): those of a form that is excluded,
those that are held out or items of an evaluation set in use, and what was said before.

The bundled families' held-out problems are compared word for word: their templates make every problem a near duplicate
of some held-out one. Published sets are compared as the corpus is, lightly edited items included.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

from k15.curation.duplicates.decontaminate import EvaluationIndex
from k15.evaluation.params import DecontaminationParams
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


def contaminated(
    items: Sequence[Candidate], published: Iterable[tuple[str, str, str]], params: DecontaminationParams
) -> set[int]:
    """Positions of the candidates that hold an item of a `published` set (its name, the item's id and text)."""
    index = EvaluationIndex.build(published, params)
    return {position for position, hit in enumerate(index.hits([item.question for item in items])) if hit}


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
