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

from k15.progress import Task
from k15.rollout import process, weights
from k15.rollout.face import RolloutEngine
from k15.rollout.inputs import SETTINGS, Inputs, choosing, scoring
from k15.rollout.llm import InProcessLLM, existing, read_json
from k15.rollout.params import EngineParams
from k15.rollout.types import Chunk, Order, Prompt, Request, Sampling
from k15.seeds import derive

with process.importing_vllm():
    from vllm.model_executor.models.llava import LlavaForConditionalGeneration
    from vllm.model_executor.models.registry import ModelRegistry
    from vllm.sampling_params import RequestOutputKind


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
        self._inputs = Inputs(hf_dir, max_model_len)
        # Registering the class itself spares vLLM a fresh interpreter that inspects it.
        ModelRegistry.register_model("LlavaForConditionalGeneration", LlavaForConditionalGeneration)
        super().__init__(
            hf_dir,
            read_json(hf_dir / "config.json")["text_config"]["hidden_size"],
            max_model_len=max_model_len,
            params=params,
            seed=seed,
            **SETTINGS,
        )

    def run(self, order: Order, every_s: float | None = None) -> Iterator[Chunk]:
        """As the face says; every `every_s` seconds also the new tokens of responses that go on."""
        for request in order.requests:
            self._inputs.check(request)
        self._forget()
        running: dict[str, _Running] = {}
        try:
            yield from self._sample(order, running, every_s)
        finally:
            self._llm.abort_request(list(running))

    def _sample(self, order: Order, running: dict[str, _Running], every_s: float | None) -> Iterator[Chunk]:
        stream = process.RandomStream(derive(order.sampling.seed, "rollout"))
        waiting, sampled, shown = iter(order.requests), 0, time.monotonic()
        while order.budget is None or sampled + sum(_unseen(r) for r in running.values()) < order.budget:
            with stream, process.threads(self._threads):
                while len(running) < self._capacity and (request := next(waiting, None)):
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
        self._inputs.check(request, room=0)
        self._forget()
        with process.RandomStream(0), process.threads(self._threads):
            name = self._submit(self._inputs.given(request), scoring())
            output = self._finish(None)[name]
        return [output.prompt_logprobs.logprobs[-len(response) :]]

    def next_logprobs(
        self, prompts: Sequence[Prompt], tokens: Sequence[int], progress: Task | None = None
    ) -> list[list[float]]:
        """log p of each of `tokens` as the first of a response, for every prompt. `progress` counts prompts."""
        requests = [Request((index, 0), prompt) for index, prompt in enumerate(prompts)]
        for request in requests:
            self._inputs.check(request)
        self._forget()
        with process.RandomStream(0), process.threads(self._threads):
            names = [self._submit(self._inputs.given(request), choosing(tokens)) for request in requests]
            found = self._finish(progress)
        return [[found[name].outputs[0].logprobs[0][token].logprob for token in tokens] for name in names]

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
        params = self._inputs.params(request, sampling, output_kind=RequestOutputKind.FINAL_ONLY)
        name = self._submit(self._inputs.given(request), params)
        processor = self._llm.output_processor
        return name, processor.request_states[processor.external_req_ids[name][0]]


def _unseen(running: _Running) -> int:
    """Tokens that have come and have not been handed out."""
    return len(running.state.detokenizer.output_token_ids) - running.handed
