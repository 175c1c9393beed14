"""The finaliser of SplitMix64, of arrays, and compiled (`duplicates.words`) of single values."""

from typing import Any

import numpy as np


def mixed(value: Any) -> Any:
    """uint64 to uint64: every input bit moves every output bit."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
