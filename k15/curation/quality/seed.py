"""What the quality classifier learns from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A document whose quality is known."""

    id: str
    text: str
    good: bool
