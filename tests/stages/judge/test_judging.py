"""A model's yes and no, on a real engine with random weights."""

from pathlib import Path

import pytest
import torch

from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.tokenizer import ASSISTANT, USER
from stages.judge.judging import judge
from stages.judge.params import JudgeParams
from tests.k15 import tiny

NARROWEST = {"heads": 1, "kv_heads": 1, "head_dim": 32}  # the narrowest head that the engine takes
SHAPE = tiny.SHAPE.model_copy(update={**NARROWEST, "init_std": 0.5})
TEXTS = ["the code of the river", "in the garden", "the mill " * 200]


def params(**changes: object) -> JudgeParams:
    given = {"checkpoint": "model", "question": "of the hill?", "yes": "the", "no": "on", "max_model_len": 64}
    return JudgeParams.model_validate(given | changes)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("judge")
    (root / "model").mkdir()
    checkpoint.save(root / "model", vlm.build(SHAPE, 1), tiny.tokenizer(), 1)
    return root


def test_scores_are_the_models_odds(root: Path):
    found = judge(TEXTS, params(), root, tiny.engine_params())
    tokenizer, model = tiny.tokenizer(), vlm.build(SHAPE, 1)
    question = tokenizer.encode("\n\nof the hill?")
    for text, score in zip(TEXTS, found, strict=True):
        ids = [USER, *tokenizer.encode(text)[: 64 - len(question) - 3], *question, ASSISTANT]
        with torch.no_grad():
            logits = (model(torch.tensor([ids])) @ model.output_weight().T)[0, -1]
        odds = logits[[tokenizer.encode("the")[0], tokenizer.encode("on")[0]]]
        assert score == pytest.approx(odds.softmax(-1)[0].item(), abs=1e-4)
    assert len(set(found.tolist())) == len(TEXTS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"no": "the"}, "begin with the same token"), ({"question": "the hill " * 60}, "fills all of 64 tokens")],
)
def test_useless_questions_are_refused(root: Path, changes: dict[str, str], message: str):
    with pytest.raises(UserError, match=message):
        judge(TEXTS, params(**changes), root, tiny.engine_params())
