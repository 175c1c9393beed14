"""Domain and discipline of a problem: what its source says, else rules on its text (§2.1: tags balance the set).

A source's own subjects are mapped to the disciplines here where they are known, and kept as they are where not. The
rules count the terms of each discipline (`disciplines.toml`), each once, so that one repeated word does not tag a long
statement.
Not guaranteed: the right discipline for a problem that names none of its terms. On MATH the rules agree with the
published subject for about two problems in three; balance needs no more.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

SUBJECTS = {
    # MATH
    "prealgebra": "arithmetic",
    "algebra": "algebra",
    "intermediate algebra": "algebra",
    "precalculus": "precalculus",
    "number theory": "number-theory",
    "counting & probability": "counting-probability",
    "geometry": "geometry",
    # TheoremQA
    "combinatorics": "counting-probability",
    "probability theory": "counting-probability",
    "stochastic process": "counting-probability",
    "statistics": "statistics",
    "quantitive methods": "finance",
    "calculus": "calculus",
    "mathematical analysis": "calculus",
    "real analysis": "calculus",
    "complex analysis": "calculus",
    "functional analysis": "calculus",
    "numerical analysis": "calculus",
    "group theory": "algebra",
    # SVAMP
    "addition": "arithmetic",
    "subtraction": "arithmetic",
    "multiplication": "arithmetic",
    "common-division": "arithmetic",
}
"""A published subject -> discipline."""

FIELDS = {"physics": "physics", "finance": "finance", "eecs": "computer-science"}
"""TheoremQA's fields other than mathematics are disciplines as a whole."""

_DOMAINS = {"programming": "code", "physics": "knowledge", "chemistry": "knowledge", "finance": "knowledge"}
_DOMAINS |= {"computer-science": "knowledge", "biology": "knowledge", "general": "knowledge"}


def _rule(english: list[str], chinese: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(english)})|{'|'.join(chinese)}", re.IGNORECASE)


_TERMS = tomllib.loads(Path(__file__).with_name("disciplines.toml").read_text(encoding="utf-8"))
_RULES = {name: _rule(**terms) for name, terms in _TERMS.items()}
_QUANTITY = re.compile(r"\d|how (?:many|much)|多少|几[个只本人元]", re.IGNORECASE)
# A variable; not the article between two prices.
_LETTERS = re.compile(
    r"\$[^$\n]{0,40}(?<![\\A-Za-z])[b-hj-z](?![A-Za-z'’])[^$\n]{0,40}\$|(?<![A-Za-z])[b-hj-z]\s*(?:[=^<>]|\+\s*\d)"
)
_DECISIVE = frozenset({"programming", "calculus", "counting-probability", "number-theory", "precalculus", "statistics"})
"""Terms that a problem of another discipline hardly has count for two: an equation is in any."""
_DRAWING = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)


@dataclass(frozen=True)
class Tags:
    domain: str
    discipline: str


def tags(question: str, subject: str = "", domain: str = "") -> Tags:
    """`subject` and `domain`: what the source says, if anything."""
    known = FIELDS.get(subject.casefold()) or SUBJECTS.get(subject.casefold())
    discipline = known or subject or by_text(question)
    return Tags(domain or _DOMAINS.get(discipline, "math"), discipline)


def by_text(question: str) -> str:
    """The discipline whose terms the question names most."""
    text = _DRAWING.sub(" circle ", question)
    scores = {name: len({match.group().casefold() for match in rule.finditer(text)}) for name, rule in _RULES.items()}
    weighted = {name: score * (2 if name in _DECISIVE else 1) for name, score in scores.items()}
    best = max(weighted, key=lambda name: weighted[name])
    if weighted[best]:
        return best
    if _LETTERS.search(text):
        return "algebra"
    return "arithmetic" if _QUANTITY.search(text) else "general"
