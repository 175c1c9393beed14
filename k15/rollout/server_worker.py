"""What `server` adds to vLLM's worker: weights taken from shared memory, and their digests."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from k15.errors import UserError
from k15.rollout import weights
from k15.rollout.shared_weights import attached


class WeightsExtension:
    """Mixed into the worker by vLLM (`--worker-extension-cls`); its methods are called by `/collective_rpc`."""

    model_runner: Any

    def take_shared_weights(self, handle: str) -> dict[str, str]:
        """Replace all weights by those that `handle` (JSON) leads to. {"refused": why} if they do not fit."""
        try:
            weights.copy_into(self._held(), attached(json.loads(handle)))
        except UserError as error:
            return {"refused": str(error)}
        return {}

    def weight_digests(self) -> dict[str, str]:
        return {name: weights.tensor_digest(tensor) for name, tensor in self._held().items()}

    def _held(self) -> dict[str, Tensor]:
        return weights.held_tensors(self.model_runner.get_model())
