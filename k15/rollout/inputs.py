"""A request as vLLM takes it, in this process or behind HTTP: token ids, pictures and sampling parameters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.model.hf_files import load_image
from k15.rollout import process
from k15.rollout.llm import read_json
from k15.rollout.types import Request, Sampling

with process.importing_vllm():
    from vllm import SamplingParams
    from vllm.sampling_params import RepetitionDetectionParams

_MAX_IMAGES = 16
SETTINGS = {
    "enable_prefix_caching": True,
    "limit_mm_per_prompt": {"image": _MAX_IMAGES},
    "skip_mm_profiling": True,
    "generation_config": "vllm",
}
"""vLLM's arguments for such requests."""


class Inputs:
    """For the model in `hf_dir`."""

    def __init__(self, hf_dir: Path, max_model_len: int) -> None:
        config = read_json(hf_dir / "config.json")
        stop = read_json(hf_dir / "generation_config.json")["eos_token_id"]
        self._stop_ids: list[int] = stop if isinstance(stop, list) else [stop]
        self._image_id: int = config["image_token_index"]
        self._image_tokens: int = config["image_seq_length"]
        self._image_size: int = config["vision_config"]["image_size"]
        self._max_model_len = max_model_len

    def check(self, request: Request, room: int = 1) -> None:
        """Raises `UserError` unless the request leaves `room` tokens for a response."""
        prompt, number = request.prompt, request.key[0]
        places = prompt.ids.count(self._image_id)
        if places != len(prompt.images):
            raise UserError(
                f"prompt {number} has {places} <image> tokens and {len(prompt.images)} images; give one image per token"
            )
        if places > _MAX_IMAGES:
            raise UserError(f"prompt {number} has {places} images; give at most {_MAX_IMAGES}")
        length = len(prompt.ids) + len(request.prefix) + places * (self._image_tokens - 1)
        if not 0 < length <= self._max_model_len - room:
            raise UserError(
                f"prompt {number} has {length} tokens, which leaves no room for a response; "
                f"give 1 to {self._max_model_len - 1}, or raise max_model_len ({self._max_model_len})"
            )

    def given(self, request: Request) -> dict[str, Any]:
        """The prompt and what the response already has."""
        inputs: dict[str, Any] = {"prompt_token_ids": [*request.prompt.ids, *request.prefix]}
        if request.prompt.images:
            images = [load_image(png, self._image_size) for png in request.prompt.images]
            inputs["multi_modal_data"] = {"image": images}
        return inputs

    def params(self, request: Request, sampling: Sampling, **how: Any) -> SamplingParams:
        """`how`: further arguments of vLLM's."""
        repetition = sampling.repetition
        detection = None
        if repetition is not None:
            detection = RepetitionDetectionParams(
                max_pattern_size=repetition.max_pattern, min_pattern_size=1, min_count=repetition.min_count
            )
        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=sampling.max_tokens - len(request.prefix),
            stop_token_ids=self._stop_ids,
            logprobs=0 if sampling.logprobs else None,
            flat_logprobs=sampling.logprobs,
            detokenize=False,
            repetition_detection=detection,
            **how,
        )


def scoring() -> SamplingParams:
    """For the log-probs of given tokens."""
    return SamplingParams(max_tokens=1, prompt_logprobs=0, flat_logprobs=True, detokenize=False)


def choosing(tokens: Sequence[int]) -> SamplingParams:
    """For the log-probs of each of `tokens` as the next one."""
    return SamplingParams(max_tokens=1, logprob_token_ids=list(tokens), detokenize=False)
