"""Artifacts: the datasets and checkpoints through which stages meet, with manifests and digests."""

from k15.artifacts.dataset import iter_dataset, read_dataset, read_rows, write_dataset
from k15.artifacts.manifest import Manifest, Producer, publish, read_manifest, verify

__all__ = [
    "Manifest",
    "Producer",
    "iter_dataset",
    "publish",
    "read_dataset",
    "read_manifest",
    "read_rows",
    "verify",
    "write_dataset",
]
