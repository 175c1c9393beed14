"""Typed sections of params.yaml.

Guarantees: a section is read completely or refused with one line that names the key, what is wrong
with its value, and, for an unknown key, the nearest known one. Values are not coerced: "3" is not an
integer, `true` is not 1 (an integer where a float is wanted is fine). The file is YAML 1.2, as DVC
reads it, so `5e-4` is a number.
"""

import difflib
import json
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from k15.errors import UserError

FILE = "params.yaml"


class Params(pydantic.BaseModel):
    """Base of every stage's parameters."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


P = TypeVar("P", bound=Params)


def require_distinct(names: Sequence[str]) -> None:
    """For validators of sections whose sources are told apart by their names."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two sources are called {twice[0]!r}; give each a name of its own")


def load_params(model: type[P], section: str, root: Path) -> P:
    """The section of `<root>/params.yaml`, checked against `model`."""
    document = read_params(root)
    if section not in document:
        raise UserError(f"{FILE}: section `{section}` is missing; add it{_nearest(section, document)}")
    return parse_params(model, section, document[section])


def parse_params(model: type[P], section: str, value: Any) -> P:
    """`value` as `model`; `section` is where it stands in params.yaml, for the error message."""
    try:
        # Strict validation of JSON (unlike that of Python objects) lets a list be a tuple and a string a
        # path or an enum member, which is what YAML can express.
        return model.model_validate_json(json.dumps(value, default=str))
    except pydantic.ValidationError as error:
        problems = error.errors(include_url=False)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{FILE}: {_describe(model, section, problems[0])}{more}") from None


def read_params(root: Path) -> dict[str, Any]:
    """All of `<root>/params.yaml`, unchecked."""
    path = root / FILE
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{FILE} is missing in {path.parent}; run from the repository root") from None
    except UnicodeDecodeError:
        raise UserError(f"{FILE} is not UTF-8 text; restore it") from None
    except YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" line {where.line + 1}" if where else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(f"{FILE}:{line} is not valid YAML: {reason}") from None
    if not isinstance(document, dict):
        raise UserError(f"{FILE} holds no sections; restore it")
    return document


_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "greater_than": ("gt", "must be greater than {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "less_than": ("lt", "must be less than {}"),
    "multiple_of": ("multiple_of", "must be a multiple of {}"),
    "literal_error": ("expected", "must be one of {}"),
    "enum": ("expected", "must be one of {}"),
    "too_short": ("min_length", "needs at least {} entries"),
    "too_long": ("max_length", "takes at most {} entries"),
}

_TYPES = {
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "string_too_short": "must not be empty",
}


def _describe(model: type[Params], section: str, problem: Any) -> str:
    kind, path, context = problem["type"], problem["loc"], problem.get("ctx", {})
    key = ".".join([section, *map(str, path)])
    if kind == "extra_forbidden":
        known = {name for owner in _models_at(model, path[:-1]) for name in owner.model_fields}
        return f"unknown key {key}; remove it{_nearest(str(path[-1]), known)}"
    if kind == "missing":
        return f"{key} is missing; give it a value"
    got = f" (got {json.dumps(problem['input'], ensure_ascii=False, default=str)})"
    if len(got) > 80:
        got = ""
    if kind in _BOUNDS:
        name, text = _BOUNDS[kind]
        return f"{key} {text.format(context[name])}{got}"
    if kind in _TYPES:
        return f"{key} {_TYPES[kind]}{got}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if kind == "value_error" else f"{key}: {message}{got}"


def _nearest(name: str, known: typing.Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, [str(item) for item in known], n=1)
    return f", or did you mean `{matches[0]}`?" if matches else ""


def _models_at(model: type[Params], path: tuple[str | int, ...]) -> list[type[pydantic.BaseModel]]:
    """The models that the value at `path` may be; indices and mapping keys stay at the same models."""
    models: list[type[pydantic.BaseModel]] = [model]
    for part in path:
        fields = [owner.model_fields[part] for owner in models if part in owner.model_fields]
        if fields:
            models = [inner for field in fields for inner in _models_in(field.annotation)]
    return models


def _models_in(annotation: Any) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [inner for argument in typing.get_args(annotation) for inner in _models_in(argument)]
