"""Values of a value model's export: vLLM's pooling runner, in the process that trains.

Guarantees: a sequence's value is `transformers`' and the trainer's up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from k15.errors import UserError
from k15.progress import Task
from k15.rollout import process
from k15.rollout.llm import InProcessLLM, read_json
from k15.rollout.params import EngineParams

with process.importing_vllm():
    from vllm import PoolingParams
    from vllm.model_executor.models.adapters import as_seq_cls_model
    from vllm.model_executor.models.qwen3 import Qwen3ForCausalLM
    from vllm.model_executor.models.registry import ModelRegistry


class ValueEngine(InProcessLLM):
    """Reads the head at the last token of each sequence."""

    def __init__(self, hf_dir: Path, *, max_model_len: int, params: EngineParams, seed: int = 0) -> None:
        # Registering the class itself spares vLLM a fresh interpreter that inspects it.
        ModelRegistry.register_model("Qwen3ForSequenceClassification", as_seq_cls_model(Qwen3ForCausalLM))
        super().__init__(
            hf_dir,
            read_json(hf_dir / "config.json")["hidden_size"],
            max_model_len=max_model_len,
            params=params,
            seed=seed,
            runner="pooling",
            enable_prefix_caching=False,
        )

    def values(self, sequences: Sequence[Sequence[int]], progress: Task | None = None) -> list[float]:
        """The head's output for each sequence of token ids: for a reward model, the log-odds of being right."""
        for index, ids in enumerate(sequences):
            if not 0 < len(ids) <= self.max_model_len:
                raise UserError(f"sequence {index} has {len(ids)} tokens; give 1 to {self.max_model_len}")
        params = PoolingParams(task="classify", use_activation=False)
        with process.preserved_rng(), process.threads(self._threads):
            order = [self._submit({"prompt_token_ids": list(ids)}, params) for ids in sequences]
            finished = self._finish(progress)
        return [finished[name].outputs.data.item() for name in order]
