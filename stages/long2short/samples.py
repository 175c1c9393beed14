"""The long-CoT policy's own responses to training prompts, kept across a kill."""

from __future__ import annotations

from pathlib import Path

import torch

from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.progress import Progress
from k15.rl.rollouts import load_prompts, sample_groups
from k15.rl.trajectory import Group
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Sampling
from k15.seeds import derive
from k15.tokenizer import Tokenizer
from k15.training.corpus import Shuffle
from k15.training.trainer import save_atomically
from stages.long2short.params import SampledParams


def sample_policy(
    params: SampledParams,
    settings: EngineParams,
    policy: Path,
    prompt_set: Path,
    tokenizer: Tokenizer,
    state: Path,
    progress: Progress,
) -> list[Group]:
    """`params.samples` judged responses to each of `params.prompts` curated prompts, drawn without repetition."""
    file = state / "samples.pt"
    if file.exists():
        groups: list[Group] = torch.load(file, weights_only=False)
        return groups
    kept = load_prompts(prompt_set, tokenizer)
    if not kept:
        raise UserError(f"{prompt_set} keeps no prompt; loosen the filters of `prompts`")
    order = Shuffle(len(kept), derive(params.seed, "prompts"))  # the set is sorted by family
    prompts = [kept[i] for i in order.take(0, min(len(kept), params.prompts))]
    patches = ModelConfig.load(policy / "model.json").image_tokens
    longest = max(len(p.ids) + len(p.images) * (patches - 1) for p in prompts) + params.max_tokens
    sampling = Sampling(params.samples, params.temperature, params.max_tokens, seed=derive(params.seed, "samples"))
    with (
        Engine(policy / "hf", max_model_len=longest, params=settings, seed=params.seed) as engine,
        progress.task("samples", len(prompts) * params.samples) as bar,
    ):
        groups = sample_groups(engine, tokenizer, prompts, sampling, bar)
    save_atomically(groups, file)
    return groups


def shortest_correct(group: Group) -> int | None:
    """Position of the group's shortest correct response, or None without one."""
    correct = [i for i, r in enumerate(group.responses) if r.correct]
    return min(correct, key=lambda i: (group.responses[i].length, i), default=None)
