"""A labelled text; apart from the classifier, so that who looks for seeds need not load torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A document whose quality is known."""

    id: str
    text: str
    good: bool
