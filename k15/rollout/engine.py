"""The rollout engine: vLLM in the process that trains (§2.6), float32 on CPU, weights replaced in place.

Guarantees: greedy responses equal `transformers`'; a call's samples depend on the weights, the prompts and the
sampling alone, not on earlier calls or on what the trainer drew; nothing computed with replaced weights is used;
the trainer's threads, random streams and process groups stay as they were. Does not guarantee that a prompt's
samples stay the same when other prompts join the call: one random stream serves the whole batch, since a stream
per response costs a third of the speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from k15.errors import UserError
from k15.model.hf_files import load_image
from k15.progress import Task
from k15.rollout import process, weights
from k15.rollout.llm import InProcessLLM, existing, read_json
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt, Repetition, Sample, Sampling
from k15.seeds import derive

with process.importing_vllm():
    from vllm import SamplingParams
    from vllm.model_executor.models.llava import LlavaForConditionalGeneration
    from vllm.model_executor.models.registry import ModelRegistry
    from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind

_MAX_IMAGES = 16


class Engine(InProcessLLM):
    """Samples responses from a checkpoint's `hf/` directory."""

    def __init__(self, hf_dir: Path, *, max_model_len: int, params: EngineParams, seed: int = 0) -> None:
        config = read_json(hf_dir / "config.json")
        stop = read_json(hf_dir / "generation_config.json")["eos_token_id"]
        self._stop_ids: list[int] = stop if isinstance(stop, list) else [stop]
        self._image_id: int = config["image_token_index"]
        self._image_tokens: int = config["image_seq_length"]
        self._image_size: int = config["vision_config"]["image_size"]
        # Registering the class itself spares vLLM a fresh interpreter that inspects it.
        ModelRegistry.register_model("LlavaForConditionalGeneration", LlavaForConditionalGeneration)
        super().__init__(
            hf_dir,
            config["text_config"]["hidden_size"],
            max_model_len=max_model_len,
            params=params,
            seed=seed,
            enable_prefix_caching=True,
            limit_mm_per_prompt={"image": _MAX_IMAGES},
            skip_mm_profiling=True,
            generation_config="vllm",
        )

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, progress: Task | None = None
    ) -> list[list[Sample]]:
        """`sampling.n` samples of every prompt, in the prompts' order. `progress` counts finished prompts."""
        requests = [self._request(index, prompt) for index, prompt in enumerate(prompts)]
        # Or a repeated prompt would take its keys from an earlier call, where they may differ in the last bit.
        self._llm.reset_prefix_cache()
        self._llm.reset_encoder_cache()
        with process.preserved_rng(), process.threads(self._threads):
            torch.manual_seed(derive(sampling.seed, "rollout"))
            order = [self._submit(request, self._params(sampling)) for request in requests]
            finished = self._finish(progress)
        return [[_sample(completion) for completion in finished[name]] for name in order]

    def update_weights(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Replace all weights by `tensors` (names and shapes of `model.safetensors`), without a reload."""
        weights.copy_into(weights.held_tensors(self._model), tensors)

    def load_hf(self, hf_dir: Path) -> None:
        """Replace all weights by those of another export of the same shape."""
        self.update_weights(load_file(existing(hf_dir / "model.safetensors")))

    def weight_digests(self) -> dict[str, str]:
        """HF name -> `weights.tensor_digest` of what the engine computes with."""
        return {name: weights.tensor_digest(t) for name, t in weights.held_tensors(self._model).items()}

    def _request(self, index: int, prompt: Prompt) -> dict[str, Any]:
        self._check(index, prompt)
        request: dict[str, Any] = {"prompt_token_ids": prompt.ids}
        if prompt.images:
            images = [load_image(png, self._image_size) for png in prompt.images]
            request["multi_modal_data"] = {"image": images}
        return request

    def _check(self, index: int, prompt: Prompt) -> None:
        places = prompt.ids.count(self._image_id)
        if places != len(prompt.images):
            raise UserError(
                f"prompt {index} has {places} <image> tokens and {len(prompt.images)} images; give one image per token"
            )
        if places > _MAX_IMAGES:
            raise UserError(f"prompt {index} has {places} images; give at most {_MAX_IMAGES}")
        length = len(prompt.ids) + places * (self._image_tokens - 1)
        if not 0 < length < self.max_model_len:
            raise UserError(
                f"prompt {index} has {length} tokens, which leaves no room for a response; "
                f"give 1 to {self.max_model_len - 1}, or raise max_model_len ({self.max_model_len})"
            )

    def _params(self, sampling: Sampling) -> SamplingParams:
        repetition = sampling.repetition
        return SamplingParams(
            n=sampling.n,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            stop_token_ids=self._stop_ids,
            logprobs=0 if sampling.logprobs else None,
            flat_logprobs=sampling.logprobs,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
            repetition_detection=None if repetition is None else _detection(repetition),
        )


def _detection(repetition: Repetition) -> RepetitionDetectionParams:
    return RepetitionDetectionParams(
        max_pattern_size=repetition.max_pattern, min_pattern_size=1, min_count=repetition.min_count
    )


def _sample(completion: Any) -> Sample:
    logprobs = completion.logprobs
    return Sample(
        ids=list(completion.token_ids),
        finish_reason=completion.finish_reason,
        logprobs=[] if logprobs is None else logprobs.logprobs,
    )
