"""The rollout engine: vLLM in the process that trains (§2.6), float32 on CPU, weights replaced in place.

Guarantees: greedy responses equal `transformers`'; what an order samples depends on the weights and the order alone,
not on earlier calls or on what the trainer drew; nothing computed with replaced weights is used; the trainer's threads,
random streams and process groups stay as they were. Does not guarantee that a response stays the same when others join
the order: one random stream serves the whole batch, since a stream per response costs a third of the speed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from k15.errors import UserError
from k15.model.hf_files import load_image
from k15.rollout import process, weights
from k15.rollout.face import RolloutEngine
from k15.rollout.llm import InProcessLLM, existing, read_json
from k15.rollout.params import EngineParams
from k15.rollout.types import Chunk, Order, Prompt, Repetition, Request, Sampling
from k15.seeds import derive

with process.importing_vllm():
    from vllm import SamplingParams
    from vllm.model_executor.models.llava import LlavaForConditionalGeneration
    from vllm.model_executor.models.registry import ModelRegistry
    from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind

_MAX_IMAGES = 16


@dataclass
class _Running:
    """A request inside vLLM, and how many of its tokens have been handed out."""

    request: Request
    state: Any
    handed: int = 0

    def take(self) -> tuple[list[int], list[float]]:
        """The tokens that came since the last time."""
        ids = self.state.detokenizer.output_token_ids
        logprobs = self.state.logprobs_processor.logprobs
        start, self.handed = self.handed, len(ids)
        return list(ids[start:]), [] if logprobs is None else list(logprobs.logprobs[start : len(ids)])

    def chunk(self, finish_reason: str | None = None) -> Chunk:
        return Chunk(self.request.key, *self.take(), finish_reason)


class Engine(InProcessLLM, RolloutEngine):
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

    def run(self, order: Order, every_s: float | None = None) -> Iterator[Chunk]:
        """As the face says; every `every_s` seconds also the new tokens of responses that go on."""
        for request in order.requests:
            self._check(request)
        self._forget()
        running: dict[str, _Running] = {}
        try:
            yield from self._sample(order, running, every_s)
        finally:
            self._llm.abort_request(list(running))

    def _sample(self, order: Order, running: dict[str, _Running], every_s: float | None) -> Iterator[Chunk]:
        stream = process.RandomStream(derive(order.sampling.seed, "rollout"))
        waiting, sampled, shown = iter(order.requests), 0, time.monotonic()
        capacity = min(self._capacity, order.at_once or self._capacity)
        while order.budget is None or sampled + sum(_unseen(r) for r in running.values()) < order.budget:
            with stream, process.threads(self._threads):
                while len(running) < capacity and (request := next(waiting, None)):
                    name, state = self._begin(request, order.sampling)
                    running[name] = _Running(request, state)
                if not running:
                    return
                ended = self._llm.step()
            for output in ended:
                chunk = running.pop(output.request_id).chunk(output.outputs[0].finish_reason)
                sampled += len(chunk.ids)
                yield chunk
            if every_s is not None and time.monotonic() - shown >= every_s:
                for one in running.values():
                    sampled += _unseen(one)
                    yield one.chunk()
                shown = time.monotonic()
        yield from [one.chunk() for one in running.values()]

    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[list[float]]:
        request = Request((0, 0), prompt, tuple(response))
        self._check(request, room=0)
        self._forget()
        params = SamplingParams(max_tokens=1, prompt_logprobs=0, flat_logprobs=True, detokenize=False)
        with process.RandomStream(0), process.threads(self._threads):
            name = self._submit(self._inputs(request), params)
            output = self._finish(None)[name]
        return [output.prompt_logprobs.logprobs[-len(response) :]]

    def release(self) -> None:
        self.sleep()

    def update_weights(self, tensors: Mapping[str, Tensor]) -> None:
        self.wake()
        weights.copy_into(weights.held_tensors(self._model), tensors)
        self._pack()

    def load_hf(self, hf_dir: Path) -> None:
        """Replace all weights by those of another export of the same shape."""
        self.update_weights(load_file(existing(hf_dir / "model.safetensors")))

    def weight_digests(self) -> dict[str, str]:
        return weights.tensor_digests(weights.held_tensors(self._model))

    def _forget(self) -> None:
        """Keys and pictures of earlier calls: they are of other weights, or differ in the last bit."""
        self._llm.reset_prefix_cache()
        self._llm.reset_encoder_cache()

    def _begin(self, request: Request, sampling: Sampling) -> tuple[str, Any]:
        """vLLM's name and state of the request."""
        name = self._submit(self._inputs(request), self._params(sampling, len(request.prefix)))
        processor = self._llm.output_processor
        return name, processor.request_states[processor.external_req_ids[name][0]]

    def _inputs(self, request: Request) -> dict[str, Any]:
        inputs: dict[str, Any] = {"prompt_token_ids": [*request.prompt.ids, *request.prefix]}
        if request.prompt.images:
            images = [load_image(png, self._image_size) for png in request.prompt.images]
            inputs["multi_modal_data"] = {"image": images}
        return inputs

    def _check(self, request: Request, room: int = 1) -> None:
        prompt, number = request.prompt, request.key[0]
        places = prompt.ids.count(self._image_id)
        if places != len(prompt.images):
            raise UserError(
                f"prompt {number} has {places} <image> tokens and {len(prompt.images)} images; give one image per token"
            )
        if places > _MAX_IMAGES:
            raise UserError(f"prompt {number} has {places} images; give at most {_MAX_IMAGES}")
        length = len(prompt.ids) + len(request.prefix) + places * (self._image_tokens - 1)
        if not 0 < length <= self.max_model_len - room:
            raise UserError(
                f"prompt {number} has {length} tokens, which leaves no room for a response; "
                f"give 1 to {self.max_model_len - 1}, or raise max_model_len ({self.max_model_len})"
            )

    def _params(self, sampling: Sampling, begun: int) -> SamplingParams:
        repetition = sampling.repetition
        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=sampling.max_tokens - begun,
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


def _unseen(running: _Running) -> int:
    """Tokens that have come and have not been handed out."""
    return len(running.state.detokenizer.output_token_ids) - running.handed
