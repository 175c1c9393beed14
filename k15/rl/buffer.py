"""The replay buffer (§2.6.2): groups whose responses have not all ended, between two iterations.

Guarantees: `rows` hold everything (tokens, log-probabilities, versions, verdicts), and a buffer restored from them goes
on as this one would; numbers of groups are never used twice in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from k15.errors import UserError
from k15.rl.trajectory import Group, Response, RLPrompt, response_of, response_row

Row = dict[str, Any]


class ReplayBuffer:
    """`groups` in the order of their numbers; `next_number` is the next group's."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.next_number = 0

    @property
    def indices(self) -> set[int]:
        """The prompts of its groups: not to be drawn again before these have ended."""
        return {group.index for group in self.groups}

    def new_group(self, index: int, prompt: RLPrompt, iteration: int, size: int) -> Group:
        number = self.next_number
        self.next_number += 1
        return Group(number, index, prompt, iteration, [Response((number, i)) for i in range(size)])

    def take(self) -> list[Group]:
        """All groups; the buffer is empty until `keep`."""
        groups, self.groups = self.groups, []
        return groups

    def keep(self, groups: Iterable[Group]) -> None:
        self.groups = sorted(groups, key=lambda group: group.number)

    def rows(self) -> list[Row]:
        """One row a response, as dataset `replay_buffer` stores it."""
        return [{"prompt": g.index, **response_row(g, response)} for g in self.groups for response in g.responses]

    def restore(self, rows: Iterable[Mapping[str, Any]], next_number: int, prompts: Sequence[RLPrompt]) -> None:
        groups: dict[int, Group] = {}
        for row in rows:
            prompt = prompts[row["prompt"]] if row["prompt"] < len(prompts) else None
            if prompt is None or prompt.id != row["prompt_id"]:
                raise UserError("the saved buffer is of another prompt set; remove the saved run and start again")
            group = Group(row["group"], row["prompt"], prompt, row["started"], [])
            groups.setdefault(group.number, group).responses.append(response_of(row))
        self.groups, self.next_number = list(groups.values()), next_number
