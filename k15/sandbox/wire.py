"""The service's messages: requests as they are checked, results as JSON. Bytes that are no UTF-8 travel as base64."""

import base64
from dataclasses import asdict, fields
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from k15.sandbox.types import FunctionResult, Limits, Part, Result

_BYTES = ("stdout", "stderr")


class LimitsMessage(BaseModel):
    """`Limits`, of which any may be left out. The bounds are the service's."""

    model_config = ConfigDict(extra="forbid")

    cpu_s: float = Field(default=Limits.cpu_s, gt=0, le=3600)
    wall_s: float = Field(default=Limits.wall_s, gt=0, le=7200)
    memory_mib: int = Field(default=Limits.memory_mib, ge=16, le=1 << 16)
    output_kib: int = Field(default=Limits.output_kib, ge=0, le=1 << 16)
    processes: int = Field(default=Limits.processes, ge=1, le=4096)
    disk_mib: int = Field(default=Limits.disk_mib, ge=1, le=1 << 14)

    def value(self) -> Limits:
        return Limits(**self.model_dump())


class RunMessage(BaseModel):
    """A program, to be run once for each entry of `stdins`."""

    model_config = ConfigDict(extra="forbid")

    language: str
    source: str
    stdins: list[str | dict[str, str]] = Field(default=[""], max_length=1000)
    args: list[str] = []
    files: dict[str, str | dict[str, str]] = {}
    limits: LimitsMessage = LimitsMessage()


class BuildMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: str
    source: str


class FunctionsMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str
    tests: list[str] = Field(min_length=1)
    entry_point: str | None = None
    given: str = ""
    before: str = ""
    limits: LimitsMessage = LimitsMessage()


def to_text(content: bytes) -> str | dict[str, str]:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def to_bytes(content: str | dict[str, str]) -> bytes:
    """ValueError for a mapping that is not {"base64": ...}."""
    if isinstance(content, str):
        return content.encode()
    if set(content) != {"base64"}:
        raise ValueError('bytes are given as {"base64": text}')
    return base64.b64decode(content["base64"], validate=True)


def pack_result(result: Result) -> dict[str, Any]:
    message = {field.name: getattr(result, field.name) for field in fields(result)}
    return {**message, **{name: to_text(message[name]) for name in _BYTES}}


def unpack_result(message: dict[str, Any]) -> Result:
    return Result(**{**message, **{name: to_bytes(message[name]) for name in _BYTES}})


def pack_functions(result: FunctionResult) -> dict[str, Any]:
    parts = [asdict(part) for part in result.parts]
    return {"status": result.status, "parts": parts, "program": pack_result(result.program), "why": result.why}


def unpack_functions(message: dict[str, Any]) -> FunctionResult:
    parts = tuple(Part(**part) for part in message["parts"])
    return FunctionResult(message["status"], parts, unpack_result(message["program"]), message["why"])
