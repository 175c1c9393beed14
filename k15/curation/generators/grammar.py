"""A small context-free grammar with bound names: the engine of the prose generators.

A rule is a list of alternatives; in an alternative `{symbol}` expands a rule and `{name:symbol}` expands
it once and remembers it, so that `{name}` later in the same text says the same word again.
Guarantees: the text is a pure function of the grammar and the random state.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")

# An alternative, cut up: literal texts and slots (name, symbol) in turn.
_Piece = str | tuple[str, str | None]


def _compile(alternative: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    end = 0
    for match in _SLOT.finditer(alternative):
        pieces.append(alternative[end : match.start()])
        pieces.append((match[1], match[2]))
        end = match.end()
    pieces.append(alternative[end:])
    return tuple(piece for piece in pieces if piece)


class Grammar:
    """Rules by symbol. An unknown symbol is found when the grammar is made, not when chance meets it."""

    def __init__(self, rules: Mapping[str, Sequence[str]], given: Sequence[str] = ()) -> None:
        """`given`: names that the caller of `expand` binds itself."""
        self._rules = {symbol: tuple(map(_compile, alternatives)) for symbol, alternatives in rules.items()}
        pieces = [piece for rule in self._rules.values() for alternative in rule for piece in alternative]
        slots = [piece for piece in pieces if not isinstance(piece, str)]
        bound = {name for name, symbol in slots if symbol} | set(given)
        wanted = {symbol or name for name, symbol in slots if symbol or name not in bound}
        if missing := sorted(wanted - set(self._rules)):
            raise KeyError(f"the grammar has no rule for {', '.join(missing)}")

    def expand(self, symbol: str, rng: random.Random, bound: Mapping[str, str] | None = None) -> str:
        """One text of `symbol`, with `bound` names already said."""
        return self._expand(symbol, rng, dict(bound or {}))

    def _expand(self, symbol: str, rng: random.Random, memory: dict[str, str]) -> str:
        parts = []
        for piece in rng.choice(self._rules[symbol]):
            if isinstance(piece, str):
                parts.append(piece)
                continue
            name, rule = piece
            if name in memory:
                parts.append(memory[name])
            elif rule is None:
                parts.append(self._expand(name, rng, memory))
            else:
                memory[name] = self._expand(rule, rng, memory)
                parts.append(memory[name])
        return "".join(parts)
