"""Makes `transformers` and vLLM importable beside a torch that torch's companion packages were not built
for.

The index's torchvision, torchaudio and torchcodec are CUDA builds. With a CPU torch their compiled
libraries do not load: torchvision then fails at import for want of two operators, and the other two fail
outright. `settle()` declares the operators, so that torchvision's Python part (image transforms) imports,
and hides the two audio packages, which nothing here uses. Where torchvision's library does load, it only
hides those two. Call it before the first import of `transformers` model classes or of vLLM.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path

import torch

_MISSING_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def settle() -> torch.library.Library | None:
    """Idempotent. The result keeps the declared operators alive."""
    for name in ("torchaudio", "torchcodec"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None makes `import` fail and `find_spec` say no
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    try:
        torch.ops.load_library(Path(spec.origin).parent / "_C.so")
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in _MISSING_OPERATORS:
            library.define(operator)
        return library
    return None
