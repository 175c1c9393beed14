"""`make images`: builds the images that are missing or older than their recipe.

Usage: python -m containers.build [--base IMAGE] [data|train ...]

The base is `--base`, else Docker's `python:3.11-slim-bookworm`, else (no registry reachable) a Debian made by
bootstrap-base.sh. This machine's package indexes, as pip knows them, and its certificates reach the build as
secrets, so no image contains them. Python's minor version must be this environment's: artifacts are compared
byte by byte between runners.
"""

import argparse
import ast
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from containers import engine
from containers.images import HERE, IMAGES, LOCK, RECIPE_LABEL, recipe_digest, tag
from k15.errors import UserError

REGISTRY_BASE = "docker.io/library/python:3.11-slim-bookworm"
PULL_SECONDS = 300


class Builder:
    """Builds with one engine's command line: BuildKit's mounts and secrets are not in the Docker API."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.environment = engine.podman_environment() if command == "podman" else dict(os.environ)
        self.environment["DOCKER_BUILDKIT"] = "1"

    def _call(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.command, *arguments], text=True, env=self.environment, **options)  # type: ignore

    def recipe(self, image: str) -> str | None:
        """The recipe that a present image was built from; None without such an image."""
        result = self._call("image", "inspect", tag(image), capture_output=True)
        if result.returncode:
            return None
        return (json.loads(result.stdout)[0]["Config"].get("Labels") or {}).get(RECIPE_LABEL)

    def base(self) -> str:
        script = HERE / "bootstrap-base.sh"
        bootstrapped = f"k15-base:{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}"
        for candidate in (bootstrapped, REGISTRY_BASE):
            if not self._call("image", "inspect", candidate, capture_output=True).returncode:
                return candidate
        print(f"images: pulling {REGISTRY_BASE}", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            pull = self._call("pull", "--quiet", REGISTRY_BASE, capture_output=True, timeout=PULL_SECONDS)
            if not pull.returncode:
                return REGISTRY_BASE
        print("images: no registry reachable, making a Debian base with mmdebstrap", flush=True)
        if subprocess.run([script, self.command, bootstrapped], env=self.environment).returncode:
            raise UserError("no base image could be made; see above, or name one: make images BASE=<image>")
        return bootstrapped

    def build(self, image: str, base: str) -> None:
        with tempfile.TemporaryDirectory(prefix="k15-images-") as directory:
            context, secrets = Path(directory, "context"), Path(directory, "secrets")
            context.mkdir()
            secrets.mkdir()
            for file in (LOCK, *HERE.glob("requirements-*.in")):
                shutil.copy(file, context)
            shutil.copy(uv_program(), context / "uv")
            indexes = Indexes()
            (secrets / "index").write_text(indexes.uv_config())
            (secrets / "certificates").write_bytes(indexes.certificates())
            arguments = [
                "build",
                f"--file={HERE / 'Containerfile'}",
                f"--target={image}",
                f"--tag={tag(image)}",
                f"--build-arg=BASE={base}",
                f"--label={RECIPE_LABEL}={recipe_digest(image)}",
                *(f"--secret=id={name},src={secrets / name}" for name in ("index", "certificates")),
                *self._local_indexes(indexes),
            ]
            if self._call(*arguments, str(context)).returncode:
                raise UserError(f"building {tag(image)} failed; the reason stands above")
        # The image that this one replaced has no name any more and may be gigabytes.
        self._call("image", "prune", "--force", f"--filter=label={RECIPE_LABEL}", capture_output=True)

    def _local_indexes(self, indexes: "Indexes") -> list[str]:
        directories = indexes.directories()
        if self.command == "podman":
            # chroot isolation needs no namespaces or cgroups of its own: it builds inside sandboxes as well.
            return ["--isolation=chroot", *(f"--volume={path}:{path}:ro" for path in directories)]
        if directories:
            raise UserError(f"docker cannot mount the package index {directories[0]}; build with podman")
        return []


class Indexes:
    """Where this machine takes Python packages from: pip's configuration, which uv does not read."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "pip", "config", "list"]
        listed = subprocess.run(command, capture_output=True, text=True)
        self._values: dict[str, list[str]] = {}
        for line in listed.stdout.splitlines():
            key, _, value = line.partition("=")
            self._values[key.rpartition(".")[2]] = str(ast.literal_eval(value)).split()

    def uv_config(self) -> str:
        lines = ['index-strategy = "unsafe-best-match"']
        if urls := self._values.get("index-url"):
            lines.append(f"index-url = {json.dumps(urls[-1])}")
        for key in ("extra-index-url", "find-links"):
            if values := self._values.get(key):
                lines.append(f"{key} = {json.dumps(values)}")
        return "\n".join(lines) + "\n"

    def certificates(self) -> bytes:
        named = os.environ.get("SSL_CERT_FILE") or next(iter(self._values.get("cert", [])), None)
        return Path(named).read_bytes() if named else b""

    def directories(self) -> list[Path]:
        """Local places among them. An index's links may lead beside it, hence its parent."""
        links = [Path(value.removeprefix("file://")) for value in self._values.get("find-links", [])]
        urls = [*self._values.get("index-url", []), *self._values.get("extra-index-url", [])]
        parents = [Path(urllib.parse.urlsplit(url).path).parent for url in urls if url.startswith("file:")]
        return [path for path in (*links, *parents) if path.is_dir()]


def uv_program() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise UserError("uv is not installed; run this through `make images`")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make images", description="Build the images of k15's stages.")
    parser.add_argument("--base", help="base image: Debian-like, with Python 3.11 and certificates")
    parser.add_argument("images", nargs="*", choices=[*IMAGES, []], metavar="data|train", help="default: all")
    arguments = parser.parse_args(argv)
    try:
        builder = Builder(engine.find_command())
        for image in arguments.images or IMAGES:
            if builder.recipe(image) == recipe_digest(image) and not arguments.base:
                print(f"images: {tag(image)} is up to date")
                continue
            builder.build(image, arguments.base or builder.base())
    except UserError as error:
        print(f"k15 images: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
