import contextlib
import io
import random
import re

import pytest
from PIL import Image

from k15 import tasks
from k15.curation.document import DOMAINS
from k15.curation.generators import chinese, code, generate, knowledge, mathematics, vision
from k15.curation.generators.grammar import Grammar
from k15.curation.generators.junk import KINDS


@pytest.mark.parametrize("domain", DOMAINS)
def test_documents_are_seeded_and_varied(domain):
    first = list(generate(domain, 400, 0.1, seed=1))
    assert first == list(generate(domain, 400, 0.1, seed=1))
    assert first != list(generate(domain, 400, 0.1, seed=2))
    clean = [document.text for document in first if not document.meta]
    assert len(clean) == 400
    assert len(set(clean)) > 385


def test_english_has_tens_of_thousands_of_sentences():
    sentences: list[str] = []
    for document in generate("english", 9000, 0, seed=1):
        sentences += re.split(r"(?<=[.!?])\s+", document.text)
    assert len(set(sentences)) > 25_000


def test_chinese_needs_few_characters():
    rng = random.Random(1)
    assert len(set("".join(chinese.generate(rng) for _ in range(3000)))) < 220


def test_programs_print_what_they_say():
    rng = random.Random(1)
    for _ in range(500):
        made = code.program(rng)
        space: dict[str, object] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(made.body, space)
        assert eval(made.call, space) == made.value, made


def test_asserted_programs_hold():
    rng = random.Random(2)
    asserting = [text for text in (code.generate(rng) for _ in range(300)) if "assert" in text and ">>>" not in text]
    assert len(asserting) > 30
    for text in asserting:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(text, {})


def test_worked_problems_are_of_the_training_split_and_without_marks():
    texts = mathematics.generate(700, seed=3)
    assert len(texts) == 700
    held_out = {
        problem.question
        for name, family in tasks.FAMILIES.items()
        if not family.vision
        for problem in tasks.generate(name, "heldout", 60, 9)
    }
    # A question may begin with its digits: those of a longer number before it are another question's.
    stated = re.compile("|".join(rf"(?<!\d){re.escape(question)}" for question in sorted(held_out)))
    assert not [text for text in texts if stated.search(text)]
    assert not [text for text in texts if "think>" in text]


def test_the_world_does_not_contradict_itself():
    entities = knowledge.world(random.Random(1))
    assert len({entity.name for entity in entities}) == len(entities) == 3 * knowledge.ENTITIES_PER_KIND
    entity = entities[0]
    rng = random.Random(1)
    stated = {knowledge.state(rng, entity, "river") for _ in range(20)}
    assert len(stated) > 1
    assert all(entity.facts["river"] in sentence and entity.name in sentence for sentence in stated)


def test_junk_is_planted_at_its_rate_and_labelled():
    planted = [d for d in generate("code", 600, 0.1, seed=1) if "planted" in d.meta]
    assert len(planted) == 60
    assert {d.meta["planted"] for d in planted} == set(KINDS)


def test_vision_documents():
    documents = [one for kind in vision.KINDS for one in vision.generate(kind, 25, seed=1)]
    assert documents == [one for kind in vision.KINDS for one in vision.generate(kind, 25, seed=1)]
    assert len({document.id for document in documents}) == 25
    assert {document.kind for document in documents} == set(vision.KINDS)
    for document in documents:
        assert document.text.count("<image>") == len(document.images) > 0
        for png in document.images:
            assert Image.open(io.BytesIO(png)).size == (64, 64)


def test_pages_hold_more_than_any_reading_problem():
    longest = max(len(p.caption) for p in tasks.generate("rendered", "train", 60, seed=1))
    for page in vision.generate("ocr", 40, seed=1):
        glyphs = re.findall(r"[0-9+=]+", page.text)[-1]
        assert len(glyphs) == 16 > longest


def test_grammar_binds_names():
    grammar = Grammar({"s": ["{x:w} and {x}, {w}"], "w": ["a", "b"]})
    seen = {grammar.expand("s", random.Random(seed)) for seed in range(50)}
    assert seen == {"a and a, a", "a and a, b", "b and b, a", "b and b, b"}


def test_grammar_refuses_unknown_symbols():
    with pytest.raises(KeyError, match="nowhere"):
        Grammar({"s": ["{nowhere}"]})
    assert Grammar({"s": ["{given}"]}, given=("given",)).expand("s", random.Random(), {"given": "x"}) == "x"
