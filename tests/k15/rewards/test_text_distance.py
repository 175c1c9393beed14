import random

from k15.rewards.text_distance import anls, edit_distance


def by_the_table(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


def test_edit_distance_is_levenshtein() -> None:
    rng = random.Random(1)
    for _ in range(1000):
        one, other = ("".join(rng.choices("abcd", k=rng.randint(0, 12))) for _ in range(2))
        assert edit_distance(one, other) == by_the_table(one, other)
    assert edit_distance("kitten", "sitting") == 3


def test_anls_by_hand() -> None:
    assert anls("abcd", "abcd") == 1.0
    assert anls("abcd", "abcx") == 0.75
    assert anls("abcd", "abxy") == 0.0  # half of it is not below one half
    assert anls("Ab  c", "ab c") == 1.0
    assert anls("", "") == 1.0
    assert anls("a", "") == 0.0
    assert anls("a" * 10_000, "a" * 9_000 + "b" * 1_000) == 0.9
