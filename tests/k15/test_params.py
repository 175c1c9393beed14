"""params.yaml: what is accepted, and one clear line for everything else."""

from pathlib import Path
from typing import Literal, Self

import pydantic
import pytest
from pydantic import Field

from k15.errors import UserError
from k15.params import Params, load_params


class Source(Params):
    path: Path
    weight: float = Field(1.0, gt=0)


class Toy(Params):
    learning_rate: float = Field(gt=0, le=1)
    group_size: int = Field(ge=2)
    mode: Literal["fast", "slow"] = "fast"
    shuffle: bool = True
    name: str = Field("x", min_length=1)
    lengths: tuple[int, ...] = (1, 2)
    sources: list[Source] = []
    mixture: dict[str, Source] = {}

    @pydantic.model_validator(mode="after")
    def _rising(self) -> Self:
        if list(self.lengths) != sorted(self.lengths):
            raise ValueError("lengths must rise")
        return self


GOOD = "learning_rate: 5e-4\n  group_size: 8"


def load(tmp_path: Path, section: str) -> Toy:
    (tmp_path / "params.yaml").write_text(f"toy:\n  {section}\n", "utf-8")
    return load_params(Toy, "toy", tmp_path)


def test_a_section(tmp_path: Path) -> None:
    text = f"{GOOD}\n  lengths: [1, 5]\n  mode: slow\n  sources:\n  - {{path: s3://corpus/a, weight: 2}}"
    params = load(tmp_path, text)
    assert params.learning_rate == 5e-4
    assert params.lengths == (1, 5)
    assert params.sources[0].weight == 2.0
    with pytest.raises(pydantic.ValidationError):
        params.group_size = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (f"{GOOD}\n  grop_size: 3", "unknown key toy.grop_size; remove it, or did you mean `group_size`?"),
        (f"{GOOD}\n  zzz: 3", "unknown key toy.zzz; remove it"),
        (
            f"{GOOD}\n  sources: [{{path: a, wieght: 2}}]",
            "unknown key toy.sources.0.wieght; remove it, or did you mean `weight`?",
        ),
        (
            f"{GOOD}\n  mixture: {{math: {{pth: a}}}}",
            "toy.mixture.math.path is missing; give it a value (and 1 more)",
        ),
        ("learning_rate: 0.1", "toy.group_size is missing; give it a value"),
        ("learning_rate: 0.1\n  group_size: 1", "toy.group_size must be at least 2 (got 1)"),
        ("learning_rate: 0.1\n  group_size: two", 'toy.group_size must be an integer (got "two")'),
        ('learning_rate: 0.1\n  group_size: "3"', 'toy.group_size must be an integer (got "3")'),
        ("learning_rate: 0.1\n  group_size: true", "toy.group_size must be an integer (got true)"),
        ("learning_rate: 0.1\n  group_size: 2.5", "toy.group_size must be an integer (got 2.5)"),
        ("learning_rate: 0.1\n  group_size:", "toy.group_size must be an integer (got null)"),
        ("learning_rate: 0\n  group_size: 3", "toy.learning_rate must be greater than 0.0 (got 0)"),
        ("learning_rate: 2\n  group_size: 3", "toy.learning_rate must be at most 1.0 (got 2)"),
        ("learning_rate: .nan\n  group_size: 3", "toy.learning_rate must be a finite number (got NaN)"),
        ("learning_rate: fast\n  group_size: 3", 'toy.learning_rate must be a number (got "fast")'),
        (f"{GOOD}\n  mode: quick", "toy.mode must be one of 'fast' or 'slow' (got \"quick\")"),
        (f"{GOOD}\n  shuffle: 1", "toy.shuffle must be true or false (got 1)"),
        (f"{GOOD}\n  name: 3", "toy.name must be a string (got 3)"),
        (f'{GOOD}\n  name: ""', 'toy.name must not be empty (got "")'),
        (f"{GOOD}\n  lengths: 3", "toy.lengths must be a list (got 3)"),
        (f"{GOOD}\n  lengths: [1, x]", 'toy.lengths.1 must be an integer (got "x")'),
        (f"{GOOD}\n  lengths: [2, 1]", "toy: lengths must rise"),
        (f"{GOOD}\n  sources: [3]", "toy.sources.0 must be a mapping (got 3)"),
    ],
)
def test_what_is_refused(tmp_path: Path, section: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, section)
    assert str(caught.value) == f"params.yaml: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"tyo: {}", "section `toy` is missing; add it, or did you mean `tyo`?"),
        (b"toy: [1", "line 1 is not valid YAML"),
        (b"toy: 1\ntoy: 2", "line 2 is not valid YAML"),
        (b"toy:\n", "toy must be a mapping (got null)"),
        (b"- toy", "holds no sections"),
        (b"", "holds no sections"),
        (b"toy: \xff", "is not UTF-8 text"),
        (b"toy: \x07", "is not valid YAML"),
    ],
)
def test_a_file_that_is_no_params_file(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_params(Toy, "toy", tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"params\.yaml is missing in .*; run from the repository root"):
        load_params(Toy, "toy", tmp_path)
