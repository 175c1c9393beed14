"""Suites of held-out problems, their blanked twins, needles, and what pools into what."""

import io
from dataclasses import dataclass

import pytest
from PIL import Image

from k15.errors import UserError
from k15.evaluation.items import GREY, Item, Suite
from k15.evaluation.suites import blank_twins, check_names, family_suites, needle_suites, pools
from k15.tasks import FAMILIES, generate
from k15.tokenizer import Tokenizer


@dataclass(frozen=True)
class Drawn:
    samples: int = 2
    temperature: float = 1.0
    max_tokens: int = 8


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["The code of Kalo is 123. the farmer saw a red boat by the river."] * 20, 300)


@pytest.mark.parametrize("vision", [False, True])
def test_family_suites_are_held_out_and_spread_over_difficulties(vision: bool) -> None:
    suites = family_suites(vision, 12, 1, Drawn())
    assert [suite.name for suite in suites] == [name for name, one in FAMILIES.items() if one.vision == vision]
    for suite in suites:
        family = FAMILIES[suite.name]
        counts = [sum(item.difficulty == k for item in suite.items) for k in family.difficulties]
        assert sum(counts) == len({item.id for item in suite.items}) == 12
        assert max(counts) - min(counts) <= 1
        training = {problem.id for problem in generate(family.name, "train", 200, 1)}
        assert not training & {item.id for item in suite.items}
        assert all(bool(item.images) == vision for item in suite.items)


def test_suites_do_not_depend_on_how_many_problems_follow() -> None:
    few, many = family_suites(False, 6, 1, Drawn()), family_suites(False, 12, 1, Drawn())
    assert [suite.head(6) for suite in many] == few


def test_blanked_twin_differs_in_its_images_only() -> None:
    suites = family_suites(True, 4, 1, Drawn())
    twins = blank_twins([*suites, *family_suites(False, 4, 1, Drawn())])
    assert [twin.name for twin in twins] == [f"{suite.name}.blank" for suite in suites]
    for seen, grey in zip(suites[0].items, twins[0].items, strict=True):
        assert (seen.id, seen.question, seen.answer) == (grey.id, grey.question, grey.answer)
        assert grey.blanked and not seen.blanked
        for before, after in zip(seen.images, grey.images, strict=True):
            image = Image.open(io.BytesIO(after))
            assert image.size == Image.open(io.BytesIO(before)).size
            assert image.getcolors() == [(image.width * image.height, GREY)]


def test_needles_have_the_exact_length_and_take_the_depths_in_turn(tokenizer: Tokenizer) -> None:
    short, long = needle_suites([96, 160], [0.0, 0.5, 1.0], 6, 1, tokenizer, Drawn())
    assert (short.name, long.name) == ("needle.96", "needle.160")
    assert {len(item.prompt_ids) for item in long.items} == {160}
    assert [item.depth for item in long.items] == [0.0, 0.5, 1.0] * 2
    assert len({item.answer for item in short.items + long.items}) > 6
    for item in long.items:
        assert f" is {item.answer}." in tokenizer.decode(item.prompt_ids)


def test_pools_cover_every_family() -> None:
    found = pools()
    for name, family in FAMILIES.items():
        if family.vision:
            assert found[name] == ("vision",) and found[f"{name}.blank"] == ("vision.blank",)
        else:
            assert found[name] == (family.domain, "text")


@pytest.mark.parametrize("name", [next(iter(FAMILIES)), "text", "math", "vision"])
def test_a_benchmark_cannot_take_the_name_of_another_suite(name: str) -> None:
    suites = family_suites(False, 2, 1, Drawn())
    check_names(suites)
    with pytest.raises(UserError, match=f"two suites are named '{name}'"):
        check_names([*suites, Suite(name, (Item("a", "q", "1", "math"),), 1, 1.0, 8)])
