"""Groups whose responses have branches."""

from __future__ import annotations

import pytest

from k15.rl.trajectory import Group, Response, Segment
from tests.k15.rl.trajectories import prompt, response


def cut(*lengths: int, sample: int = 0) -> Response:
    """Unfinished after as many segments."""
    return Response((0, sample), [Segment(v, [20 + v] * n, [-1.0] * n) for v, n in enumerate(lengths)])


def test_branches_begin_like_their_root_and_are_numbered_after_all_roots() -> None:
    group = Group(0, 0, prompt(), 0, [cut(2, sample=0), cut(3, sample=1)])
    group.branch(group.responses[1], 3)
    group.branch(group.responses[0], 2)
    assert [r.key for r in group.responses] == [(0, 0), (0, 1), (0, 3), (0, 5), (0, 2)]
    assert (group.size, [group.root(r) for r in group.responses]) == (2, [0, 1, 1, 1, 0])
    root, branch = group.responses[1], group.responses[2]
    branch.segments.append(Segment(1, [9], [-0.5]))
    root.segments.append(Segment(2, [8, 8], [-0.5, -0.5]))
    assert branch.ids == [20, 20, 20, 9] and root.ids == [20, 20, 20, 8, 8] and group.responses[3].ids == [20] * 3
    assert branch.own == [Segment(1, [9], [-0.5])] and root.own == root.segments


def test_one_branch_is_the_response_itself() -> None:
    group = Group(0, 0, prompt(), 0, [cut(2)])
    group.branch(group.responses[0], 1)
    assert [r.key for r in group.responses] == [(0, 0)]


def branched(rewards: tuple[float, float, float, float]) -> Group:
    """Three roots, of which the second went on as two responses: numbers 1 and 4."""
    lengths = [4, [2, 1], 3, [2, 3]]
    found = [response(n, r, place, 1) for place, (n, r) in enumerate(zip(lengths, rewards, strict=True))]
    found[3].key, found[3].shared = (0, 4), 1
    return Group(0, 0, prompt(), 0, found)


def test_a_root_counts_once_whatever_its_branches() -> None:
    group = branched((1, 1, 0, 0))
    assert group.size == 3 and group.shares() == [1, 0.5, 1, 0.5]
    assert {root: [r.key[1] for r in family] for root, family in group.families().items()} == {
        0: [0],
        1: [1, 4],
        2: [2],
    }
    assert group.success == pytest.approx(0.5)  # (1 + 0.5 + 0) / 3


def test_responses_without_a_verdict_are_in_no_family() -> None:
    group = branched((1, 1, 0, 0))
    group.unjudged = [group.responses.pop(1)]
    assert group.size == 3 and group.shares() == [1, 1, 1] and group.success == pytest.approx(1 / 3)


def test_more_shared_segments_than_there_are() -> None:
    with pytest.raises(ValueError, match="shares 2 of its 1 segments"):
        Response((0, 4), [Segment(0, [1], [-1.0])], shared=2)
