"""The replay buffer (§2.6.2): groups whose responses have not all ended, between two iterations.

Guarantees: `rows` hold everything (tokens, log-probabilities, versions, verdicts), and a buffer restored from them goes
on as this one would; numbers of groups are never used twice in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from k15.errors import UserError
from k15.rl.trajectory import Group, Response, RLPrompt, Segment

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
        return [
            {
                "group": group.number,
                "prompt": group.index,
                "prompt_id": group.prompt.id,
                "started": group.started,
                "sample": response.key[1],
                "ids": response.ids,
                "logprobs": response.logprobs,
                "segments": segment_rows(response),
                "shared": response.shared,
                "finish_reason": response.finish_reason,
                "text": response.text,
                "verdict": response.verdict,
                "score": response.score,
            }
            for group in self.groups
            for response in group.responses
        ]

    def restore(self, rows: Iterable[Mapping[str, Any]], next_number: int, prompts: Sequence[RLPrompt]) -> None:
        groups: dict[int, Group] = {}
        for row in rows:
            prompt = prompts[row["prompt"]] if row["prompt"] < len(prompts) else None
            if prompt is None or prompt.id != row["prompt_id"]:
                raise UserError("the saved buffer is of another prompt set; remove the saved run and start again")
            group = Group(row["group"], row["prompt"], prompt, row["started"], [])
            groups.setdefault(group.number, group).responses.append(_response(row))
        self.groups, self.next_number = list(groups.values()), next_number


def segment_rows(response: Response) -> list[Row]:
    return [{"version": segment.version, "tokens": len(segment.ids)} for segment in response.segments]


def segments_of(ids: Sequence[int], logprobs: Sequence[float], rows: Iterable[Mapping[str, int]]) -> list[Segment]:
    """The segments that `rows` cut the tokens into; ValueError if they do not add up."""
    segments, start = [], 0
    for row in rows:
        end = start + row["tokens"]
        segments.append(Segment(row["version"], list(ids[start:end]), list(logprobs[start:end])))
        start = end
    if start != len(ids):
        raise ValueError(f"segments of {start} tokens for a response of {len(ids)}")
    return segments


def _response(row: Mapping[str, Any]) -> Response:
    return Response(
        (row["group"], row["sample"]),
        segments_of(row["ids"], row["logprobs"], row["segments"]),
        row["finish_reason"],
        row["text"],
        row["verdict"],
        row["score"],
        row["score"],
        row["shared"],
    )
