"""The service's messages: requests as they are checked, results as JSON.

Programs, their input and their output travel exactly: as text, or as {"base64": ...} where they are no UTF-8. A text
of Python that holds lone surrogates is such a case (it is written as UTF-8 with surrogates). Words about a result are
for people: what they hold of that kind is replaced.
"""

import base64
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from k15.errors import UserError
from k15.sandbox.types import FunctionResult, Limits, Part, Result

_BYTES = ("stdout", "stderr")


def to_text(content: str | bytes) -> str | dict[str, str]:
    encoded = content.encode(errors="surrogatepass") if isinstance(content, str) else content
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(encoded).decode()}


def to_bytes(content: Any) -> bytes:
    """ValueError for what is neither text nor {"base64": ...}."""
    if isinstance(content, str):
        return content.encode()
    if not isinstance(content, dict) or set(content) != {"base64"}:
        raise ValueError('give text, or bytes as {"base64": text}')
    return base64.b64decode(content["base64"], validate=True)


def _to_string(content: Any) -> str:
    return to_bytes(content).decode(errors="surrogatepass")


def clean(text: str) -> str:
    """`text` without what UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()


_SENT = str | dict[str, str]
Bytes = Annotated[bytes, BeforeValidator(to_bytes, json_schema_input_type=_SENT)]
Text = Annotated[str, BeforeValidator(_to_string, json_schema_input_type=_SENT)]


class LimitsMessage(BaseModel):
    """`Limits`, of which any may be left out. A service may allow less than these bounds."""

    model_config = ConfigDict(extra="forbid")

    cpu_s: float = Field(default=Limits.cpu_s, gt=0, le=3600)
    wall_s: float = Field(default=Limits.wall_s, gt=0, le=7200)
    memory_mib: int = Field(default=Limits.memory_mib, ge=16, le=1 << 16)
    output_kib: int = Field(default=Limits.output_kib, ge=0, le=1 << 16)
    processes: int = Field(default=Limits.processes, ge=1, le=4096)
    disk_mib: int = Field(default=Limits.disk_mib, ge=1, le=1 << 14)

    def value(self) -> Limits:
        return Limits(**self.model_dump())


@dataclass(frozen=True)
class Ceilings:
    """The most that one request may ask for."""

    cpu_s: float = 300.0
    wall_s: float = 600.0
    memory_mib: int = 4096

    def allow(self, asked: LimitsMessage) -> Limits:
        for name, most in vars(self).items():
            if (value := getattr(asked, name)) > most:
                option = f"--most-{name.replace('_', '-')}"
                raise UserError(
                    f"{name}={value:g} is more than the {most:g} of this service; lower it, or its {option}"
                )
        return asked.value()


class RunMessage(BaseModel):
    """A program, to be run once for each entry of `stdins`."""

    model_config = ConfigDict(extra="forbid")

    language: str
    source: Bytes
    stdins: list[Bytes] = Field(default=[b""], max_length=1000)
    args: list[Text] = []
    files: dict[str, Bytes] = {}
    limits: LimitsMessage = LimitsMessage()


class BuildMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: str
    source: Bytes


class FunctionsMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Text
    tests: list[Text] = Field(min_length=1)
    entry_point: Text | None = None
    given: Text = ""
    before: Text = ""
    limits: LimitsMessage = LimitsMessage()


def pack_result(result: Result) -> dict[str, Any]:
    message = {field.name: getattr(result, field.name) for field in fields(result)}
    return {**message, **{name: to_text(message[name]) for name in _BYTES}, "why": clean(result.why)}


def unpack_result(message: dict[str, Any]) -> Result:
    return Result(**{**message, **{name: to_bytes(message[name]) for name in _BYTES}})


def pack_functions(result: FunctionResult) -> dict[str, Any]:
    parts = [{**asdict(part), "why": clean(part.why)} for part in result.parts]
    program = pack_result(result.program)
    return {"status": result.status, "parts": parts, "program": program, "why": clean(result.why)}


def unpack_functions(message: dict[str, Any]) -> FunctionResult:
    parts = tuple(Part(**part) for part in message["parts"])
    return FunctionResult(message["status"], parts, unpack_result(message["program"]), message["why"])
