import io
import json
import re
from dataclasses import replace

import matplotlib
import pytest
from PIL import Image

from k15.curation.captions import limit_synthetic
from k15.curation.generators import pictures
from k15.curation.generators.pictures import FAMILIES, generate
from k15.curation.generators.pictures.charts.data import TYPES
from k15.curation.generators.pictures.checks import check
from k15.curation.generators.vision import KINDS
from k15.drawing import fonts
from k15.errors import UserError

# Drawing these takes longest.
SLOW = {"chart": 24, "plot": 4, "ocr": 8, "ocr_zh": 4, "interleaved": 8, "rendered_text": 12, "svg": 12}


def blank(picture: bytes) -> bytes:
    page = io.BytesIO()
    Image.new("RGB", Image.open(io.BytesIO(picture)).size, "white").save(page, "PNG")
    return page.getvalue()


@pytest.fixture(params=FAMILIES)
def kind(request):
    if request.param == "ocr_zh" and fonts.chinese() is None:
        pytest.skip("no installed font has Chinese characters")
    return request.param


def test_independent_checks_find_nothing(kind):
    for document in generate(kind, SLOW.get(kind, 24), seed=11):
        assert check(document) == [], document.id


def test_a_document_depends_on_kind_number_and_seed_alone(kind):
    documents = list(generate(kind, 4, seed=3))
    assert documents == [*generate(kind, 2, seed=3), *generate(kind, 2, seed=3, start=2)]
    assert len({document.images for document in documents}) > 1
    assert all(a.images != b.images for a, b in zip(documents, generate(kind, 4, seed=4), strict=True))


def test_pictures_are_of_full_size(kind):
    for document in generate(kind, 3, seed=5):
        assert document.kind in KINDS
        assert json.loads(document.meta)["family"] == kind
        for picture in document.images:
            assert min(Image.open(io.BytesIO(picture)).size) >= 100
            assert max(Image.open(io.BytesIO(picture)).size) >= 300


@pytest.mark.parametrize(
    "kind", ["chart", "qa", "counting", "spatial", "sequence", "matrix", "maze", "geometry", "clock", "graph"]
)
def test_the_check_sees_a_wrong_answer(kind):
    for document in generate(kind, 8, seed=2):
        spoilt = re.sub(r"<\|assistant\|>(.*)<\|end\|>", r"<|assistant|>7\1<|end|>", document.text, flags=re.S)
        assert check(replace(document, text=spoilt)), document.id


@pytest.mark.parametrize("kind", ["caption", "interleaved", "qa", "counting", "spatial", "chart", "maze", "clock"])
def test_the_check_sees_another_picture(kind):
    """A chart's may show what was asked all the same: it is checked against an empty page."""
    documents = list(generate(kind, 12, seed=2))
    others = [document.images for document in documents[1:] + documents[:1]]
    if kind == "chart":
        others = [(blank(document.images[0]),) for document in documents]
    found = [check(replace(document, images=images)) for document, images in zip(documents, others, strict=True)]
    assert sum(map(bool, found)) > (11 if kind == "chart" else 8)


def test_all_types_of_chart_and_of_question_come():
    programs = [json.loads(document.meta) for document in generate("chart", 60, seed=1)]
    assert {program["type"] for program in programs} == set(TYPES)
    asked = {program["asked"] for program in programs}
    assert asked == {"retrieval", "comparison", "extremum", "difference", "trend", "counting", "data"}


def test_no_answer_is_given_away_by_its_frequency():
    for kind in ("counting", "sequence", "matrix", "maze", "clock", "geometry"):
        answers = [json.loads(document.meta)["answer"] for document in generate(kind, 60, seed=1)]
        assert max(map(answers.count, answers)) < 30, kind


def test_reordering_asks_for_an_order_that_is_not_always_the_same():
    texts = [document.text for document in generate("interleaved", 60, seed=1)]
    orders = {order for text in texts for order in re.findall(r"In order they are ([A-E, ]+)\.", text)}
    assert len(orders) > 8
    assert any("First comes" in text for text in texts)


def test_print_is_rotated_tilted_blurred_noisy_and_plain():
    programs = [json.loads(document.meta) for document in generate("ocr", 30, seed=1)]
    assert (
        {program["noise"] > 0 for program in programs} == {program["blur"] > 0 for program in programs} == {True, False}
    )
    slopes = [abs(program["corners"][1][1] - program["corners"][0][1]) for program in programs]
    assert min(slopes) < 1 and max(slopes) > 30
    assert len({program["font"] for program in programs}) > 5
    assert len({tuple(program["paper"]) for program in programs}) > 4


def test_drawing_leaves_no_figures_and_no_settings_behind():
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    list(generate("chart", 2, seed=1))
    list(generate("plot", 2, seed=1))
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_settings_of_the_user_do_not_change_the_pictures():
    plain = list(generate("chart", 2, seed=1)), list(generate("plot", 2, seed=1))
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "black"}):
        assert (list(generate("chart", 2, seed=1)), list(generate("plot", 2, seed=1))) == plain


def test_synthetic_captions_are_limited_by_their_ids_alone():
    ids = [f"c{n}" for n in range(400)]
    made = [n % 4 != 0 for n in range(400)]
    kept = limit_synthetic(ids, made, 0.2, seed=1)
    assert all(keep for keep, synthetic in zip(kept, made, strict=True) if not synthetic)
    assert sum(keep for keep, synthetic in zip(kept, made, strict=True) if synthetic) == 25  # 25 of 125 are 20 %
    again = dict(zip(ids[::-1], limit_synthetic(ids[::-1], made[::-1], 0.2, seed=1), strict=True))
    assert [again[name] for name in ids] == kept
    assert all(limit_synthetic(ids, [True] * 400, 0.2, seed=1))  # nothing to mix with
    assert sum(limit_synthetic(ids, made, 0, seed=1)) == 100
    with pytest.raises(UserError, match="from 0 to 1"):
        limit_synthetic(ids, made, 1.2, seed=1)


def test_mistakes_say_what_to_do(monkeypatch):
    with pytest.raises(UserError, match="choose from caption, interleaved"):
        list(pictures.generate("comic", 1, seed=1))
    monkeypatch.setattr(fonts, "chinese", lambda: None)
    with pytest.raises(UserError, match="fonts-wqy-microhei"):
        list(pictures.generate("ocr_zh", 1, seed=1))
