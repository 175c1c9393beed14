"""Bad parameters of the training stages: one line that names the key."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from k15.errors import UserError
from k15.model.config import ModelParams
from k15.params import Params, parse_params, read_params
from k15.rollout.params import EngineParams
from stages.long2short.params import Long2ShortParams
from stages.long_context.params import LongContextParams
from stages.pretrain.params import PretrainParams
from stages.reward_model.params import RewardModelParams
from stages.rl.params import RLStageParams
from stages.sft.params import SFTParams
from stages.vision_language.params import VisionLanguageParams

SECTIONS: dict[str, type[Params]] = {
    "model": ModelParams,
    "pretrain": PretrainParams,
    "vision_language": VisionLanguageParams,
    "long_context": LongContextParams,
    "sft": SFTParams,
    "engine": EngineParams,
    "rl": RLStageParams,
    "long2short": Long2ShortParams,
    "reward_model": RewardModelParams,
}
DOCUMENT = read_params(Path(__file__).resolve().parents[2])


def changed(key: str, value: Any) -> Any:
    """The section of `key` with that value there."""
    section, *path = key.split(".")
    result = copy.deepcopy(DOCUMENT[section])
    owner = result
    for part in path[:-1]:
        owner = owner[int(part) if isinstance(owner, list) else part]
    owner[path[-1]] = value
    return result


@pytest.mark.parametrize("section", SECTIONS)
def test_good_params(section: str) -> None:
    parsed = parse_params(SECTIONS[section], section, DOCUMENT[section])
    assert parsed.model_dump(mode="json") == DOCUMENT[section]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model.layers", 0),
        ("model.head_dim", 33),
        ("model.kv_heads", 3),
        ("model.patch_size", 7),
        ("model.vision_heads", 5),
        ("model.hidden_size", "96"),
        ("engine.max_num_seqs", 0),
        ("engine.kv_cache_gib", 0.0),
        ("pretrain.steps", 0),
        ("pretrain.steps", 1.5),
        ("pretrain.seed", True),
        ("pretrain.tensor_parallel", 0),
        ("pretrain.init_from", 3),
        ("pretrain.batch_rows", -1),
        ("pretrain.optimizer.lr", -1),
        ("pretrain.optimizer.lr", "fast"),
        ("pretrain.optimizer.final_lr_share", 1.1),
        ("pretrain.optimizer.warmup_steps", -1),
        ("pretrain.optimizer.clip_grad", 0.0),
        ("pretrain.recall.rows", 0),
        ("pretrain.recall.length", -64),
        ("pretrain.validation_blocks", 0),
        ("vision_language.vision_share", 0),
        ("vision_language.vision_share", 1),
        ("vision_language.tower.steps", 0),
        ("vision_language.ramp.batch_rows", 0),
        ("vision_language.cooldown.optimizer.weight_decay", -0.1),
        ("vision_language.cooldown_kinds", "qa"),
        ("long_context.lengths", []),
        ("long_context.lengths.0.length", -512),
        ("long_context.lengths.1.steps", 0),
        ("long_context.lengths.0.batch_rows", 1),
        ("long_context.lengths.1.length", 256),
        ("long_context.full_attention_share", 1.0),
        ("long_context.synthetic_share", -0.1),
        ("long_context.rope_base", 0),
        ("long_context.needles", 0),
        ("sft.length", 8),
        ("sft.vanilla.steps", 0),
        ("sft.vanilla.long_context", -1),
        ("sft.warmup.batch_rows", 0),
        ("sft.warmup.problems", {"sort": "many"}),
        ("sft.warmup.problems", {"sort": -5}),
        ("sft.warmup.replayed", {"sort": 0}),
        ("sft.save_every", 0),
        ("rl.group_size", 1),
        ("rl.iterations", 0),
        ("rl.prompts_per_iteration", 0),
        ("rl.max_tokens", 0),
        ("rl.temperature", 0),
        ("rl.objective.tau", 0),
        ("rl.objective.tau", float("nan")),
        ("rl.objective.kind", "ppo"),
        ("rl.objective.baseline", "median"),
        ("rl.objective.earlier_segments", "dropped"),
        ("rl.objective.credit", "prefix"),  # of branches, which there are none of
        ("rl.minibatches", 0),
        ("rl.partial", {"tokens": 100, "at_once": 8, "max_age": 2}),  # beside prompts_per_iteration
        ("rl.ranks", 0),
        ("rl.tensor_parallel", 2),  # of one rank
        ("rl.top_p", 0),
        ("rl.repetition.min_count", 1),
        ("rl.reward.length_weight", -0.1),
        ("rl.reward.length_warmup", -1),
        ("rl.reward.repetition_penalty", -1),
        ("rl.rounds", {"long": 2}),
        ("rl.sampler.curriculum", "hardest"),
        ("rl.sampler.floor", 0),
        ("rl.sampler.window", 0),
        ("rl.microbatch_tokens", 1),
        ("rl.mismatch.mean_limit", 0),
        ("rl.mismatch.multiplicative_limit", 1),
        ("rl.validation.problems", 0),
        ("rl.validation.choose", "first"),
        ("rl.record_every", 0),
        ("long2short.merge.long_share", 1),
        ("long2short.rejection.samples", 1),
        ("long2short.rejection.length", 0),
        ("long2short.dpo.beta", 0),
        ("long2short.dpo.longer", 1),
        ("long2short.dpo.pairs_per_step", 0),
        ("long2short.rl.group_size", 1),
        ("reward_model.pairs", 0),
        ("reward_model.heldout_pairs", 0),
        ("reward_model.sources.files", [{"name": "mine"}]),
        ("reward_model.sources.samples", 0),
        ("reward_model.sources.temperature", 0),
        ("reward_model.steps", 0),
        ("reward_model.length", 32),
        ("reward_model.classic.lr", -1),
        ("reward_model.judgements", 0),
        ("reward_model.temperature", -1),
    ],
)
def test_bad_values(key: str, value: Any) -> None:
    section = key.partition(".")[0]
    with pytest.raises(UserError) as caught:
        parse_params(SECTIONS[section], section, changed(key, value))
    message = str(caught.value)
    assert message.startswith("params.yaml: ") and "\n" not in message
    # A rule about two fields is reported for their section, with the field in the text.
    assert key in message or (message.startswith(f"params.yaml: {section}") and key.rpartition(".")[2] in message)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("pretrain.step", "steps"),
        ("vision_language.tower.optimiser", "optimizer"),
        ("long_context.lengths.0.lenght", "length"),
        ("sft.warm_up", "warmup"),
        ("long2short.dpo.betta", "beta"),
    ],
)
def test_unknown_keys(key: str, nearest: str) -> None:
    section = key.partition(".")[0]
    with pytest.raises(UserError) as caught:
        parse_params(SECTIONS[section], section, changed(key, 1))
    assert str(caught.value).startswith(f"params.yaml: unknown key {key}; remove it")
    assert f"`{nearest}`" in str(caught.value)


@pytest.mark.parametrize("section", SECTIONS)
def test_missing_keys(section: str) -> None:
    for name in SECTIONS[section].model_fields:
        content = {key: value for key, value in DOCUMENT[section].items() if key != name}
        with pytest.raises(UserError) as caught:
            parse_params(SECTIONS[section], section, content)
        assert str(caught.value) == f"params.yaml: {section}.{name} is missing; give it a value"


def test_group_size_says_what_is_allowed() -> None:
    with pytest.raises(UserError) as caught:
        parse_params(RLStageParams, "rl", changed("rl.group_size", 1))
    assert str(caught.value) == "params.yaml: rl.group_size must be at least 2 (got 1)"
