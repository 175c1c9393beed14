"""The rollout engine against `transformers` on the same export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlavaForConditionalGeneration

from k15.errors import UserError
from k15.model.hf_files import preprocess_image
from k15.rollout.engine import Engine
from k15.rollout.types import Prompt, Repetition, Sampling
from k15.rollout.weights import tensor_digest
from k15.tokenizer import ASSISTANT, END, END_OF_TEXT, IMAGE, USER
from tests.k15 import tiny

from .conftest import MAX_MODEL_LEN, SHAPE, picture

PROMPTS = (
    [Prompt([USER, *range(20, 20 + 3 * i), ASSISTANT]) for i in range(1, 6)]
    + [Prompt([USER, IMAGE, 30 + i, 31, ASSISTANT], (picture(i),)) for i in range(4)]
    + [
        Prompt([USER, IMAGE, 40, IMAGE, 41, ASSISTANT], (picture(7), picture(8))),
    ]
)
FIFTY = [Prompt([USER, *range(20 + i, 22 + i + i % 7), ASSISTANT]) for i in range(25)] + [
    Prompt([USER, IMAGE, 30 + i, 31, ASSISTANT], (picture(i),)) for i in range(25)
]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=24)
RANDOM = Sampling(n=4, temperature=1.0, max_tokens=24, seed=3, logprobs=True)
Export = Callable[[int], Path]


def logits(model: LlavaForConditionalGeneration, prompt: Prompt, response: list[int]) -> torch.Tensor:
    """What `transformers` predicts at every place of the response."""
    ids = [i for t in prompt.ids for i in ([t] * SHAPE.image_tokens if t == IMAGE else [t])]
    pictures = [preprocess_image(png, SHAPE.image_size) for png in prompt.images]
    inputs = {"pixel_values": torch.stack(pictures)} if pictures else {}
    with torch.no_grad():
        output = model(input_ids=torch.tensor([ids + response]), **inputs)
    return output.logits[0, len(ids) - 1 : -1]


@pytest.mark.parametrize("seed", [1, 2])
def test_greedy_equals_transformers(engine: Engine, export: Export, seed: int) -> None:
    engine.load_hf(export(seed))
    model = LlavaForConditionalGeneration.from_pretrained(export(seed))
    prompts = PROMPTS + FIFTY
    responses = [samples[0].ids for samples in engine.generate(prompts, GREEDY)]
    for prompt, response in zip(prompts, responses, strict=True):
        assert response == logits(model, prompt, response).argmax(-1).tolist()
        assert len(response) == GREEDY.max_tokens or response[-1] in (END, END_OF_TEXT)
    assert len({tuple(ids) for ids in responses}) > 20


def test_tower_sees_what_the_trainer_computes(engine: Engine) -> None:
    seen = []
    tower = engine._model.vision_tower
    hook = tower.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    pngs = [picture(1), picture(2, (100, 40))]
    engine.generate([Prompt([USER, IMAGE, IMAGE, ASSISTANT], tuple(pngs))], GREEDY)
    hook.remove()
    assert torch.equal(torch.cat(seen), torch.stack([preprocess_image(png, SHAPE.image_size) for png in pngs]))


def test_pictures_change_the_response(engine: Engine) -> None:
    same_text = [Prompt([USER, IMAGE, 30, ASSISTANT], (picture(i),)) for i in range(6)]
    assert len({tuple(samples[0].ids) for samples in engine.generate(same_text, GREEDY)}) > 1


def test_sampling_is_reproducible_and_seeded(engine: Engine) -> None:
    first = engine.generate(PROMPTS, RANDOM)
    torch.manual_seed(99)  # neither what the trainer draws nor other calls in between may matter
    engine.generate(PROMPTS[::2], RANDOM)
    assert engine.generate(PROMPTS, RANDOM) == first
    other = Sampling(n=4, temperature=1.0, max_tokens=24, seed=4, logprobs=True)
    assert engine.generate(PROMPTS, other) != first
    assert [len(samples) for samples in first] == [4] * len(PROMPTS)
    assert len({tuple(sample.ids) for sample in first[0]}) > 1


def test_logprobs_are_the_models_own(engine: Engine, export: Export) -> None:
    model = LlavaForConditionalGeneration.from_pretrained(export(1))
    prompt = PROMPTS[1]
    sampling = Sampling(n=2, temperature=0.7, max_tokens=16, top_p=0.9, logprobs=True)
    for sample in engine.generate([prompt], sampling)[0]:
        logprobs = logits(model, prompt, sample.ids).log_softmax(-1)
        expected = logprobs.gather(1, torch.tensor(sample.ids)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(sample.logprobs), expected, atol=1e-4, rtol=0)


def test_weights_are_replaced_in_place(engine: Engine, export: Export) -> None:
    tensors = load_file(export(2) / "model.safetensors")
    before = engine.generate(PROMPTS, GREEDY)
    engine.update_weights(tensors)
    digests = engine.weight_digests()
    assert digests == {name: tensor_digest(tensors[name]) for name in digests}
    assert {name for name in tensors if name not in digests} == {
        f"model.vision_tower.vision_model.post_layernorm.{kind}" for kind in ("weight", "bias")
    }
    after = engine.generate(PROMPTS, GREEDY)
    assert after != before
    engine.load_hf(export(1))
    assert engine.generate(PROMPTS, GREEDY) == before


@pytest.mark.parametrize("broken", ["missing", "shape", "unknown"])
def test_weights_that_do_not_fit_are_refused(engine: Engine, export: Export, broken: str) -> None:
    tensors = load_file(export(2) / "model.safetensors")
    name = "model.language_model.layers.3.self_attn.k_proj.weight"
    if broken == "missing":
        del tensors[name]
    elif broken == "shape":
        tensors[name] = tensors[name][1:]
    else:
        tensors["model.language_model.layers.4.mlp.up_proj.weight"] = tensors[name]
    before = engine.weight_digests()
    with pytest.raises(UserError, match="weights do not fit the loaded model"):
        engine.update_weights(tensors)
    assert engine.weight_digests() == before


def _always(token: int, export: Export) -> dict[str, torch.Tensor]:
    """Weights with which every next token is `token`: the residual stream is swamped by its embedding."""
    tensors = load_file(export(1) / "model.safetensors")
    embedding = tensors["model.language_model.embed_tokens.weight"]
    direction = torch.nn.functional.normalize(embedding[token], dim=0)
    for name in tensors:
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            tensors[name] = torch.zeros_like(tensors[name])
    tensors["model.language_model.embed_tokens.weight"] = 0.01 * embedding + direction
    tensors["model.language_model.embed_tokens.weight"][token] += 100 * direction
    return tensors


@pytest.mark.parametrize("token", [END, END_OF_TEXT])
def test_finish_stop(engine: Engine, export: Export, token: int) -> None:
    engine.update_weights(_always(token, export))
    sample = engine.generate([PROMPTS[0]], Sampling(n=1, temperature=0.0, max_tokens=10))[0][0]
    assert (sample.ids, sample.finish_reason) == ([token], "stop")


def test_finish_length_and_repetition(engine: Engine, export: Export) -> None:
    engine.update_weights(_always(33, export))
    length, repetition = (
        engine.generate([PROMPTS[0]], Sampling(n=1, temperature=0.0, max_tokens=20, repetition=r))[0][0]
        for r in (None, Repetition(max_pattern=4, min_count=6))
    )
    assert (length.ids, length.finish_reason) == ([33] * 20, "length")
    assert (repetition.ids, repetition.finish_reason) == ([33] * 6, "repetition")


def test_response_ends_at_the_longest_context(engine: Engine, export: Export) -> None:
    engine.update_weights(_always(33, export))
    prompt = Prompt([20] * (MAX_MODEL_LEN - 5))
    sample = engine.generate([prompt], Sampling(n=1, temperature=1.0, max_tokens=50))[0][0]
    assert (len(sample.ids), sample.finish_reason) == (5, "length")


def test_no_prompts(engine: Engine) -> None:
    assert engine.generate([], GREEDY) == []


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (Prompt([]), "prompt 1 has 0 tokens"),
        (Prompt([20] * MAX_MODEL_LEN), f"prompt 1 has {MAX_MODEL_LEN} tokens"),
        (Prompt([IMAGE] * 12, (picture(0),) * 12), f"prompt 1 has {12 * 16} tokens"),
        (Prompt([USER, IMAGE]), "1 <image> tokens and 0 images"),
        (Prompt([USER], (picture(0),)), "0 <image> tokens and 1 images"),
        (Prompt([USER, IMAGE], (b"no picture",)), "not a readable picture"),
    ],
)
def test_bad_prompts_are_refused_before_anything_runs(engine: Engine, prompt: Prompt, message: str) -> None:
    with pytest.raises(UserError, match=message):
        engine.generate([PROMPTS[0], prompt], GREEDY)
    assert len(engine.generate([PROMPTS[0]], GREEDY)) == 1


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json is missing"):
        Engine(tmp_path / "hf", max_model_len=64, params=tiny.engine_params(max_num_seqs=16, kv_cache_gib=0.1))


def test_logprobs_of_chosen_tokens_are_the_models_own(engine: Engine, export: Export) -> None:
    model, tokens = LlavaForConditionalGeneration.from_pretrained(export(1)), [300, 12, 7]
    found = engine.next_logprobs(PROMPTS, tokens)
    for prompt, logprobs in zip(PROMPTS, found, strict=True):
        expected = logits(model, prompt, [0])[0].log_softmax(-1)[tokens]
        torch.testing.assert_close(torch.tensor(logprobs), expected, atol=1e-4, rtol=0)
    assert len({tuple(logprobs) for logprobs in found}) == len(PROMPTS)
    with pytest.raises(UserError, match="leaves no room"):
        engine.next_logprobs([Prompt([20] * MAX_MODEL_LEN)], tokens)
