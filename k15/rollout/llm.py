"""vLLM in the process that trains: started as a guest, stepped until nothing is left to do, closed.

What `engine` (responses) and `value_engine` (values) have in common. Guarantees: float32 on CPU; the trainer's threads,
random streams and process groups stay as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import torch

from k15.errors import UserError
from k15.progress import Task
from k15.rollout import process
from k15.rollout.params import EngineParams

with process.importing_vllm():
    from vllm import _custom_ops as cpu_operators
    from vllm.engine.arg_utils import EngineArgs
    from vllm.model_executor.layers.utils import dispatch_cpu_unquantized_gemm
    from vllm.v1.engine.llm_engine import LLMEngine

_STEP_TOKENS = 8192
_NARROW = 512
"""Up to this width one thread: a second gains a sixth on an idle machine, and a busy one makes it many times
slower, because every small operation waits for both. And packed copies of the matrices, which cost little memory and
save a tenth of the time."""


def settings(max_model_len: int) -> dict[str, Any]:
    """vLLM's arguments that are the same for every engine."""
    return {
        "dtype": "float32",
        "enforce_eager": True,
        "max_num_batched_tokens": max(_STEP_TOKENS, max_model_len),
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        "enable_sleep_mode": torch.cuda.is_available(),
    }


def thread_count(width: int) -> int:
    """Threads of an engine whose model has this hidden size."""
    return 1 if width <= _NARROW else torch.get_num_threads()


class InProcessLLM:
    """vLLM on a model's Hugging Face directory; a context manager."""

    def __init__(
        self, hf_dir: Path, width: int, *, max_model_len: int, params: EngineParams, seed: int, **arguments: Any
    ) -> None:
        self.max_model_len = max_model_len
        self._capacity = params.max_num_seqs
        self._narrow = width <= _NARROW
        self._threads = thread_count(width)
        self._requests = 0
        common = EngineArgs(
            model=str(hf_dir),
            max_model_len=max_model_len,
            max_num_seqs=params.max_num_seqs,
            kv_cache_memory_bytes=int(params.kv_cache_gib * 2**30),
            logprobs_mode=f"{params.logprobs}_logprobs",
            seed=seed,
            **settings(max_model_len),
            **arguments,
        )
        try:
            with process.guest(), _plain_linear_layers():
                self._llm = LLMEngine.from_engine_args(common)
        except ValueError as error:  # how vLLM says that settings do not go together
            raise UserError(
                f"the engine does not start ({error}); see kv_cache_gib and max_num_seqs of `engine`"
            ) from None
        # Or vLLM would destroy the default process group, which may be the trainer's, with this object.
        self._llm.engine_core._finalizer.detach()
        self._model = self._llm.model_executor.driver_worker.worker.model_runner.get_model()
        self._pack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free model and cache. Process groups stay: the trainer may use the same ones."""
        core = self._llm.engine_core.engine_core
        core.model_executor.shutdown()
        core.scheduler.shutdown()
        del self._llm, self._model

    def sleep(self) -> None:
        """Give up weights and cache on a GPU; on a CPU there is one memory, and nothing to gain."""
        if torch.cuda.is_available():
            self._llm.sleep(level=2)

    def wake(self) -> None:
        """Take the memory again; weights are undefined until they are replaced."""
        if torch.cuda.is_available() and self._llm.is_sleeping():
            self._llm.wake_up()

    def _pack(self) -> None:
        """Give oneDNN copies of the matrices as they are now, in its own layout; the matrices stay."""
        if self._narrow:
            for layer in self._model.modules():
                if hasattr(layer, "cpu_linear"):
                    dispatch_cpu_unquantized_gemm(layer, remove_weight=False)

    def _submit(self, request: Mapping[str, Any], params: Any) -> str:
        self._requests += 1
        name = str(self._requests)
        self._llm.add_request(name, request, params)
        return name

    def _finish(self, progress: Task | None) -> dict[str, Any]:
        """Outputs of all that was submitted, by name. `progress` counts them."""
        finished = {}
        while self._llm.has_unfinished_requests():
            for output in self._llm.step():
                finished[output.request_id] = output
                if progress is not None:
                    progress.advance()
        return finished


@contextmanager
def _plain_linear_layers() -> Iterator[None]:
    """Without oneDNN's prepacked copies: in place of the weights, they could not be replaced."""
    supported = cpu_operators._supports_onednn
    cpu_operators._supports_onednn = False
    try:
        yield
    finally:
        cpu_operators._supports_onednn = supported


def existing(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"{path} is missing; give the hf/ directory of a checkpoint")
    return path


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(existing(path).read_text())
    return content
