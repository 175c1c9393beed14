"""How the processes of curation keep their memory small."""

import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa

T = TypeVar("T")


def use_frugal_allocator() -> None:
    """Let Arrow return to the system what it no longer uses, unless ARROW_DEFAULT_MEMORY_POOL names an allocator: by
    default each process keeps about as much as it ever took, some hundred MiB after a few pieces of work that take
    some tens."""
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ and "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def on_disk(value: T, place: Path) -> T:
    """Its arrays (of a dataclass, a list, a dictionary) in files of that directory, mapped: the system may put any of
    them out of memory. No two values may share a directory."""
    return cast(T, _on_disk(value, place))


def _on_disk(value: Any, place: Path) -> Any:
    if isinstance(value, np.ndarray):
        place.mkdir(parents=True, exist_ok=True)
        np.save(place / "array.npy", value)
        return np.load(place / "array.npy", mmap_mode="r")
    if isinstance(value, dict):
        return {name: _on_disk(one, place / str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_on_disk(one, place / str(number)) for number, one in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        own = {field.name: getattr(value, field.name) for field in fields(value)}
        return type(value)(**_on_disk(own, place))
    return value
