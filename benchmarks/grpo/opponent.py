"""TRL's side as a process of its own, in its own environment, one iteration at a time (see `trl_side`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from k15.errors import UserError

_HERE = Path(__file__).resolve().parent
_PYTHON = Path(".venv-trl/bin/python")
_LANGUAGE = "model.language_model."
_DECODER_FILES = ("generation_config.json", "tokenizer.json", "tokenizer_config.json")
_END_S = 10.0


class Opponent:
    """`logprobs`: those of the sequence that the specification names."""

    def __init__(self, spec: dict[str, Any], directory: Path) -> None:
        file = directory / "spec.json"
        file.write_text(json.dumps(spec))
        self._errors = directory / "errors"
        threads = str(torch.get_num_threads())
        environment = os.environ | {"OMP_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"}
        environment.pop("PYTHONPATH", None)  # it is another environment's
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [_PYTHON, _HERE / "trl_side.py", file],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )
        try:
            self.logprobs: list[float] = self._read()["logprobs"]
            self._read()  # it stands before its first iteration
        except BaseException:
            self.close()
            raise

    def iteration(self) -> dict[str, float]:
        """Runs the next one; its figures."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, and reading says why
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._errors.read_text().strip().splitlines() or ["nothing"]
            raise UserError(f"TRL's side has ended, its last words: {said[-1]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def opponent(hf: Path, spec: dict[str, Any]) -> Iterator[Opponent]:
    """TRL with the decoder of the export at `hf`. `spec` is what `trl_side` reads, without the paths."""
    prepare_environment()
    with TemporaryDirectory() as name:
        directory = Path(name)
        export_decoder(hf, directory / "decoder")
        paths = {"model": str(directory / "decoder"), "output": str(directory / "output")}
        side = Opponent(spec | paths, directory)
        try:
            yield side
        finally:
            side.close()


def prepare_environment() -> None:
    command = ["bash", str(_HERE.parent / "environment.sh"), "trl", "benchmarks/grpo/requirements.txt"]
    if subprocess.run(command).returncode:
        raise UserError("TRL's environment could not be made; see above. Running the same command again continues")


def export_decoder(hf: Path, directory: Path) -> None:
    """The language model of a LLaVA export as a `Qwen3ForCausalLM` of its own."""
    directory.mkdir()
    tensors = load_file(hf / "model.safetensors")
    language = {
        "model." + name.removeprefix(_LANGUAGE): tensor
        for name, tensor in tensors.items()
        if name.startswith(_LANGUAGE)
    }
    save_file(language, directory / "model.safetensors", {"format": "pt"})
    config = json.loads((hf / "config.json").read_text())["text_config"]
    (directory / "config.json").write_text(json.dumps(config))
    for file in _DECODER_FILES:
        shutil.copyfile(hf / file, directory / file)
