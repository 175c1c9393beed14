import pickle
import random

import pytest
from pydantic import ValidationError

from k15.curation.duplicates.decontaminate import EvaluationIndex, unprotected
from k15.evaluation.params import DecontaminationParams

STORY = (
    "Mara baked 36 rolls on Monday and half as many on Tuesday. She sold the rolls for 2 dollars each at the market. "
    "Her brother took 6 of them home. How much money did Mara make in the two days?"
)
SHORT = "How many positive divisors does the number 196 have?"
FORMULA = r"Evaluate $\dfrac{3}{4}\left(x^2 - 2x\right)\,$ for the largest root of $x^2 - 5x + 6 = 0$."
CODE = (
    "def longest_run(values: list[int]) -> int:\n"
    '    """The length of the longest run of equal neighbours.\n    >>> longest_run([1, 1, 2])\n    2\n    """\n'
)
ITEMS = [("maths", "0", STORY), ("maths", "1", SHORT), ("maths", "2", FORMULA), ("code", "0", CODE)]


@pytest.fixture(scope="module")
def index():
    return EvaluationIndex.build(ITEMS, DecontaminationParams())


def host(text, seed=0):
    rng = random.Random(seed)
    filler = [" ".join(f"w{rng.randrange(3000)}" for _ in range(200)) for _ in range(2)]
    return f"{filler[0]} {text} {filler[1]}"


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item[0]}-{item[1]}")
def test_verbatim_items_are_found_whole(index, item):
    (hit,) = index.hits([host(item[2])])
    assert (hit.suite, hit.id, hit.share) == (*item[:2], 1.0)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (0, STORY.upper().replace(" ", "  ").replace(".", "")),
        (0, STORY.replace("36", "48").replace("Mara", "Igor")),
        (0, " ".join(sentence + "." for sentence in reversed(STORY.rstrip("?").split(". ")))),
        (0, " ".join("table" if i % 10 == 4 else word for i, word in enumerate(STORY.split()))),
        (1, SHORT.replace("196", "144")),
        (2, r"evaluate $\frac{3}{4} ( x^{2} - 2 x )$ for the largest root of $x ^ 2-5 x+6=0$"),
        (3, CODE.replace("longest_run", "longest_stretch").replace("    ", "\t")),
    ],
    ids=["case and spacing", "number and name", "reordered", "one word in ten", "short", "formula", "code"],
)
def test_lightly_edited_items_are_found(index, item, text):
    (hit,) = index.hits([host(text)])
    assert (hit.suite, hit.id) == ITEMS[item][:2]
    assert hit.share >= 0.55


def test_where_an_image_stands_does_not_matter():
    """Benchmarks and training texts mark images in their own ways; a short item must be there whole."""
    index = EvaluationIndex.build([("seen", "0", "Which daisy is larger?\n[image 1]")], DecontaminationParams())
    (hit,) = index.hits([host("<image>\nWhich daisy <image1> is larger?")])
    assert hit.share == 1.0


def test_texts_that_share_but_phrases_are_not_hits(index):
    texts = [
        "",
        "How many",
        "How many positive reviews does the number one hotel have?",
        "She sold the rolls for a song, and her brother took them home. How much money did the two make?",
        # All words of an item, but pages apart.
        " ".join(host(sentence, seed) for seed, sentence in enumerate(STORY.split(". "))),
    ]
    assert index.hits(texts) == [None] * len(texts)


def test_of_two_items_the_one_held_more_of_is_named(index):
    edited = STORY.replace("36", "48")
    (hit,) = index.hits([f"{host(edited)} {host(SHORT, 1)}"])
    assert (hit.suite, hit.id, hit.share) == ("maths", "1", 1.0)


def test_a_hit_does_not_depend_on_the_texts_beside_it(index):
    texts = [host(STORY), "nothing", host(SHORT)]
    assert index.hits(texts) == [index.hits([text])[0] for text in texts]
    assert pickle.loads(pickle.dumps(index)).hits(texts) == index.hits(texts)


def test_items_too_short_to_tell_are_named():
    items = [("s", "a", "Compute 2 + 2."), ("s", "b", "Compute the sum of 2 and 2.")]
    assert unprotected(items, DecontaminationParams()) == [("s", "a")]
    index = EvaluationIndex.build(items, DecontaminationParams())
    hits = index.hits(["Compute 2 + 2.", "compute the sum of 2 and 2", "Compute the sum of 2 and 3"])
    assert [hit and hit.id for hit in hits] == [None, "b", "b"]


@pytest.mark.parametrize("too_low", [{"shortest": 3}, {"short": 4}])
def test_items_shorter_than_their_seeds_cannot_be_asked_for(too_low):
    with pytest.raises(ValidationError, match="greater than or equal to"):
        DecontaminationParams(**too_low)
    limits = DecontaminationParams(shortest=4, short=5)
    items = [("s", "a", "who painted old bridges"), ("s", "b", "who painted those old bridges")]
    index = EvaluationIndex.build(items, limits)
    assert [hit.id for hit in index.hits([host(text) for _, _, text in items])] == ["a", "b"]


def test_of_the_shortest_items_all_must_be_there():
    index = EvaluationIndex.build([("s", "a", "Who painted the old bridge?")], DecontaminationParams())
    hits = index.hits(["Tell me: who painted the old bridge?", "Who painted the old barn?"])
    assert [hit and hit.share for hit in hits] == [1.0, None]


def test_an_empty_index_finds_nothing():
    assert EvaluationIndex.build([], DecontaminationParams()).hits(["a text of some words here"]) == [None]


def test_templates_can_be_kept_apart_by_asking_for_whole_items():
    whole = DecontaminationParams(threshold=1.0, short_threshold=1.0)
    index = EvaluationIndex.build(ITEMS, whole)
    hits = index.hits([host(STORY.upper()), host(STORY.replace("36", "48"))])
    assert [hit and hit.share for hit in hits] == [1.0, None]
