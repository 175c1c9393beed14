"""A request of ours as vLLM takes it: prompt with pictures, prefix and sampling parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.model.hf_files import load_image
from k15.rollout import process
from k15.rollout.llm import read_json
from k15.rollout.types import Prompt, Repetition, Request, Sampling
from k15.seeds import derive

with process.importing_vllm():
    from vllm import SamplingParams
    from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind

MAX_IMAGES = 16


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

    def prompt(self, index: int, prompt: Prompt, after: tuple[int, ...] = ()) -> dict[str, Any]:
        """`prompt`, the `index`-th of its call, followed by the tokens `after`."""
        self._check(index, prompt, len(after))
        request: dict[str, Any] = {"prompt_token_ids": [*prompt.ids, *after]}
        if prompt.images:
            images = [load_image(png, self._image_size) for png in prompt.images]
            request["multi_modal_data"] = {"image": images}
        return request

    def _check(self, index: int, prompt: Prompt, after: int) -> None:
        places = prompt.ids.count(self._image_id)
        if places != len(prompt.images):
            raise UserError(
                f"prompt {index} has {places} <image> tokens and {len(prompt.images)} images; give one image per token"
            )
        if places > MAX_IMAGES:
            raise UserError(f"prompt {index} has {places} images; give at most {MAX_IMAGES}")
        length = len(prompt.ids) + places * (self._image_tokens - 1) + after
        if not 0 < length < self._max_model_len:
            raise UserError(
                f"prompt {index} has {length} tokens, which leaves no room for a response; "
                f"give 1 to {self._max_model_len - 1}, or raise max_model_len ({self._max_model_len})"
            )

    def params(self, request: Request, sampling: Sampling) -> SamplingParams:
        """A seed of the response's own, so that its tokens do not depend on which others are sampled beside it; another
        one after each prefix, or a continuation would repeat the draws of its beginning."""
        seed = derive(sampling.seed, "response", *request.key, len(request.prefix))
        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            seed=seed if sampling.temperature else None,
            max_tokens=sampling.max_tokens - len(request.prefix),
            stop_token_ids=self._stop_ids,
            logprobs=0 if sampling.logprobs else None,
            flat_logprobs=sampling.logprobs,
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
            repetition_detection=None if sampling.repetition is None else detection(sampling.repetition),
        )


def scoring() -> SamplingParams:
    """For the log-probs of given tokens."""
    return SamplingParams(
        max_tokens=1, prompt_logprobs=0, detokenize=False, output_kind=RequestOutputKind.FINAL_ONLY
    )


def detection(repetition: Repetition) -> RepetitionDetectionParams:
    return RepetitionDetectionParams(
        max_pattern_size=repetition.max_pattern, min_pattern_size=1, min_count=repetition.min_count
    )
