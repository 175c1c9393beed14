"""Two small judges that know three answers by heart, asked through their engines."""

import math
from collections.abc import Iterator

import pytest

from k15.judging.answers import Judged
from k15.judging.learning import reasoning_example, value_example, value_loss
from k15.judging.scoring import score_with_reasoning, score_with_values
from k15.model import checkpoint, value, vlm
from k15.rollout.engine import Engine
from k15.rollout.types import Sampling
from k15.rollout.value_engine import ValueEngine
from k15.training.batch import pad
from k15.training.trainer import OptimizerParams, Trainer
from tests.k15 import tiny

SHAPE = tiny.SHAPE.model_copy(update={"hidden_size": 64, "head_dim": 32, "layers": 1, "heads": 2, "kv_heads": 1})
TOKENIZER = tiny.tokenizer()
PARAMS = tiny.engine_params(max_num_seqs=8, kv_cache_gib=0.125)
OPTIMIZER = OptimizerParams(lr=3e-3, final_lr_share=1.0, warmup_steps=0, weight_decay=0.0, clip_grad=1.0)
ANSWERS = [
    Judged("5+7?", "12", "twelve", True, "words"),
    Judged("5+7?", "12", "13", False, "words"),
    Judged("1+1?", "2", "two", True, "words"),
]
RECORDS = [{"question": a.question, "answer": a.reference} for a in ANSWERS]
RESPONSES = [a.response for a in ANSWERS]
LABELS = ["correct", "wrong", "correct"]
ROOM = 128
GREEDY = Sampling(1, 0.0, 48)


@pytest.fixture(scope="module")
def reasoner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    model, directory = vlm.build(SHAPE, 1), tmp_path_factory.mktemp("reasoner")
    batch = pad([reasoning_example(a, "so", TOKENIZER) for a in ANSWERS], SHAPE.image_size)
    trainer = Trainer(model, OPTIMIZER, ("language.",))
    assert [trainer.step([batch], 3e-3)["loss"] for _ in range(120)][-1] < 0.02
    checkpoint.save(directory, model, TOKENIZER, 1)
    with Engine(directory / "hf", max_model_len=ROOM, params=PARAMS) as engine:
        yield engine


@pytest.fixture(scope="module")
def valuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValueEngine]:
    model, directory = value.with_head(vlm.build(SHAPE, 1)), tmp_path_factory.mktemp("valuer")
    batch = pad([value_example(a, TOKENIZER) for a in ANSWERS], SHAPE.image_size)
    trainer = Trainer(model, OPTIMIZER, ("language.", "score."))
    assert [trainer.step([batch], 3e-3, value_loss)["loss"] for _ in range(40)][-1] < 0.1
    value.save(directory, model, TOKENIZER)
    with ValueEngine(directory / "hf", max_model_len=ROOM, params=PARAMS) as engine:
        yield engine


def test_reasoning(reasoner: Engine) -> None:
    verdicts, texts = score_with_reasoning(reasoner, TOKENIZER, RECORDS, RESPONSES, GREEDY)
    assert [v.verdict for v in verdicts] == LABELS
    assert [t for (t,) in texts] == [f'<think>so</think>{{"verdict": "{label}"}}' for label in LABELS]


def test_a_majority_of_several(reasoner: Engine) -> None:
    sampling = Sampling(5, 0.3, 48, seed=1)
    verdicts, texts = score_with_reasoning(reasoner, TOKENIZER, RECORDS, RESPONSES, sampling)
    assert [v.verdict for v in verdicts] == LABELS and all(len(t) == 5 for t in texts)
    assert verdicts[0].why.endswith("of 5 judgements")


def test_a_judgement_that_is_cut_off_is_an_error(reasoner: Engine) -> None:
    verdicts, _ = score_with_reasoning(reasoner, TOKENIZER, RECORDS, RESPONSES, Sampling(1, 0.0, 4))
    assert [v.verdict for v in verdicts] == ["error"] * 3 and all(math.isnan(v.reward) for v in verdicts)


def test_values(valuer: ValueEngine) -> None:
    verdicts, odds = score_with_values(valuer, TOKENIZER, RECORDS, RESPONSES)
    assert [v.verdict for v in verdicts] == LABELS
    assert [v > 0 for v in odds] == [True, False, True]


def test_what_does_not_fit_is_an_error_and_disturbs_nobody(reasoner: Engine, valuer: ValueEngine) -> None:
    responses = [RESPONSES[0], "13" * ROOM, RESPONSES[2]]
    reasoned, texts = score_with_reasoning(reasoner, TOKENIZER, RECORDS, responses, GREEDY)
    valued, odds = score_with_values(valuer, TOKENIZER, RECORDS, responses)
    for verdicts in (reasoned, valued):
        assert [v.verdict for v in verdicts] == ["correct", "error", "correct"]
        assert "too many for the judge" in verdicts[1].why
    assert texts[1] == [] and math.isnan(odds[1])
