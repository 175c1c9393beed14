"""What reinforcement learning learns from: prompts, and groups of responses made of segments.

A segment is what one policy sampled of a response in one iteration; a response that a token budget cut short has
several (partial rollouts, §2.6.2). A cut response may go on as several, its branches (ours): they begin with the same
segments, which belong to the first of them, their root, and are counted there alone.

Guarantees: token ids and log-probabilities are as long as each other, versions of segments rise, and only the last
segment has a finish reason; whatever breaks this raises at construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from k15.rollout.types import Key

Row = dict[str, Any]


@dataclass(frozen=True)
class RLPrompt:
    """A curated prompt: `ids` with one `<image>` a picture, and the record that its verifier reads."""

    id: str
    ids: list[int]
    images: tuple[bytes, ...]
    record: Mapping[str, Any] = field(repr=False)
    pass_rate: float = 0.0


@dataclass(frozen=True)
class Segment:
    """Tokens that policy `version` (the iteration, from 0) sampled, with the engine's log-probabilities."""

    version: int
    ids: list[int]
    logprobs: list[float]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.logprobs):
            raise ValueError(f"{len(self.ids)} tokens and {len(self.logprobs)} log-probabilities in one segment")


@dataclass
class Response:
    """One response, finished once it has a `finish_reason` (stop | length | repetition | age).

    `text`, `verdict` and `score` (the verifier's reward) are set when it has been judged. `reward` is what the
    objective sees: the verifier's reward and what the length reward and penalties add; NaN without a verdict.
    `shared`: how many of the first segments are its root's; 0 for a root.
    """

    key: Key
    segments: list[Segment] = field(default_factory=list)
    finish_reason: str | None = None
    text: str = ""
    verdict: str = ""
    score: float = 0.0
    reward: float = 0.0
    shared: int = 0

    def __post_init__(self) -> None:
        if self.shared > len(self.segments):
            raise ValueError(f"response {self.key} shares {self.shared} of its {len(self.segments)} segments")
        versions = [segment.version for segment in self.segments]
        if any(later <= earlier for earlier, later in pairwise(versions)):
            raise ValueError(f"response {self.key} has segments of versions {versions}; they must rise")

    @property
    def correct(self) -> bool:
        """What the verifier calls correct: a graded one scores more than 0 for a wrong response too."""
        return self.verdict == "correct"

    @property
    def ids(self) -> list[int]:
        return [token for segment in self.segments for token in segment.ids]

    @property
    def logprobs(self) -> list[float]:
        return [value for segment in self.segments for value in segment.logprobs]

    @property
    def versions(self) -> list[int]:
        """The policy version of every token."""
        return [segment.version for segment in self.segments for _ in segment.ids]

    @property
    def length(self) -> int:
        return sum(len(segment.ids) for segment in self.segments)

    @property
    def own(self) -> list[Segment]:
        """The segments that are no other response's."""
        return self.segments[self.shared :]


@dataclass
class Group:
    """The responses of one prompt: the judged ones and, apart, those without a verdict. `number` counts the groups of a
    run; `index` is the prompt's place in the prompt set; `started` the iteration that drew it."""

    number: int
    index: int
    prompt: RLPrompt
    started: int
    responses: list[Response]
    unjudged: list[Response] = field(default_factory=list)

    @property
    def everything(self) -> list[Response]:
        return [*self.responses, *self.unjudged]

    @property
    def size(self) -> int:
        """How many responses were begun (k): the roots."""
        return sum(response.shared == 0 for response in self.everything)

    def branch(self, root: Response, count: int) -> None:
        """Let `root` go on as `count` responses: itself, and copies that are numbered k, 2k, ... after it."""
        (group, sample), size = root.key, self.size
        for n in range(1, count):
            copy = Response((group, sample + size * n), list(root.segments), shared=len(root.segments))
            self.responses.append(copy)

    def root(self, response: Response) -> int:
        """The number of its root."""
        return response.key[1] % self.size

    def families(self) -> dict[int, list[Response]]:
        """The judged responses of each root that has any."""
        found: dict[int, list[Response]] = {}
        for response in self.responses:
            found.setdefault(self.root(response), []).append(response)
        return found

    def shares(self) -> list[float]:
        """What each judged response counts for in a mean: those of one root together for 1."""
        families = self.families()
        return [1 / len(families[self.root(response)]) for response in self.responses]

    @property
    def success(self) -> float:
        """The mean over the roots of their responses' mean."""
        means = [sum(r.score for r in family) / len(family) for family in self.families().values()]
        return sum(means) / len(means)


def response_row(group: Group, response: Response) -> Row:
    """What datasets store of a response; `response_of` is the inverse. `reward` is composed anew where it is needed."""
    return {
        "prompt_id": group.prompt.id,
        "group": group.number,
        "sample": response.key[1],
        "started": group.started,
        "response_ids": response.ids,
        "logprobs": response.logprobs,
        "segments": [{"version": segment.version, "tokens": len(segment.ids)} for segment in response.segments],
        "shared": response.shared,
        "finish_reason": response.finish_reason,
        "text": response.text,
        "verdict": response.verdict,
        "score": response.score,
    }


def response_of(row: Mapping[str, Any]) -> Response:
    """ValueError if its segments do not add up."""
    ids, logprobs = row["response_ids"], row["logprobs"]
    segments, start = [], 0
    for segment in row["segments"]:
        end = start + segment["tokens"]
        segments.append(Segment(segment["version"], list(ids[start:end]), list(logprobs[start:end])))
        start = end
    if start != len(ids):
        raise ValueError(f"segments of {start} tokens for a response of {len(ids)}")
    return Response(
        (row["group"], row["sample"]),
        segments,
        row["finish_reason"],
        row["text"],
        row["verdict"],
        row["score"],
        row.get("reward", row["score"]),
        row["shared"],
    )
