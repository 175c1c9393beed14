"""Values between the two ends of a function test: plain data as JSON, everything else as a handle.

Only data crosses, never behaviour: a result whose class says that it equals everything arrives as its plain value,
or as a handle that equals nothing but itself. Subclasses of the built-in containers and numbers become those.
"""

import builtins
import json
import os
from collections.abc import Callable
from typing import Any

_LARGEST_FRAME = 64 << 20
_PLAIN_INTEGER = 1 << 53


class Lost(BaseException):
    """The other end is gone. No test may catch it, hence not an Exception."""


class Frames:
    """Whole JSON messages over a pair of pipes; `Lost` when the other end has closed its own."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self.writing = writing

    def send(self, message: Any) -> None:
        body = json.dumps(message).encode()
        data = memoryview(len(body).to_bytes(4, "little") + body)
        try:
            while data:
                data = data[os.write(self.writing, data) :]
        except BrokenPipeError:
            raise Lost from None

    def receive(self) -> Any:
        size = int.from_bytes(self._read(4), "little")
        if size > _LARGEST_FRAME:
            raise Lost
        try:
            return json.loads(self._read(size))
        except (ValueError, RecursionError):
            raise Lost from None

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = os.read(self.reading, min(size - len(data), 1 << 20))
            if not chunk:
                raise Lost
            data += chunk
        return bytes(data)


def encode(value: Any, handle: Callable[[Any], Any]) -> Any:
    """`handle` gives the JSON of what is not data, or raises TypeError."""
    if value is None or type(value) in (bool, str):
        return value
    if isinstance(value, bool | int):
        number = int.__index__(value)
        return number if abs(number) < _PLAIN_INTEGER else {"int": hex(number)}
    if isinstance(value, float):
        return {"float": float.__repr__(value)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes | bytearray):
        return {"bytearray" if isinstance(value, bytearray) else "bytes": bytes(value).hex()}
    if isinstance(value, complex):
        return {"complex": complex.__repr__(value)}
    for kind in _CONTAINERS.values():
        if isinstance(value, kind):
            return {kind.__name__: [encode(item, handle) for item in kind.__iter__(value)]}
    if isinstance(value, dict):
        return {"dict": [[encode(key, handle), encode(item, handle)] for key, item in dict.items(value)]}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    name = getattr(value, "__name__", "") if isinstance(value, type) else ""
    if name and vars(builtins).get(name) is value:
        return {"builtin": name}
    return handle(value)


_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "complex": complex,
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda bounds: range(*bounds),
    "builtin": lambda name: _builtin_type(name),
}
_CONTAINERS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def decode(message: Any, resolve: Callable[[Any], Any]) -> Any:
    """`resolve` gives the value of a handle."""
    if not isinstance(message, dict):
        return message
    ((kind, content),) = message.items()
    if kind in _CONTAINERS:
        return _CONTAINERS[kind]([decode(item, resolve) for item in content])
    if kind == "dict":
        return {decode(key, resolve): decode(item, resolve) for key, item in content}
    if kind in _FROM_TEXT:
        return _FROM_TEXT[kind](content)
    return resolve(content)


def _builtin_type(name: str) -> type:
    found = getattr(builtins, name)
    if not isinstance(found, type):
        raise ValueError(f"{name} is no type")
    return found
