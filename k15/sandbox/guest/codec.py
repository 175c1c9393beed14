"""Values between the two ends of a function test: plain data as JSON, everything else as a handle.

Only data crosses, never behaviour: a result whose class says that it equals everything arrives as its plain value,
or as a handle that equals nothing but itself. Subclasses of the built-in containers and numbers become those; of the
standard library's value classes only the classes themselves are data.
"""

import builtins
import json
import os
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
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
        if len(body) > _LARGEST_FRAME:
            raise ValueError(f"a value of {len(body) >> 20} MiB is too large for a function test")
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


class Values:
    """The values of one request and its reply, in JSON and back.

    Both ends number the containers that can be changed in the order in which they cross, so that what is one list at
    one end is one list at the other, and a change in place can be told.
    """

    def __init__(self, handle: Callable[[Any], Any], resolve: Callable[[Any], Any]) -> None:
        """`handle` gives the JSON of what is not data, or raises TypeError; `resolve` the value of a handle."""
        self.handle = handle
        self.resolve = resolve
        self.containers: list[Any] = []
        self.numbers: dict[int, int] = {}

    def encode(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is str or (kind is int and abs(value) < _PLAIN_INTEGER):
            return value
        number = self.numbers.get(id(value))
        if number is not None:
            return {"known": number}
        message = self.content(value)
        if isinstance(value, _MUTABLE) and "handle" not in message:
            self._add(value)
        return message

    def content(self, value: Any) -> Any:
        """As `encode`, but what `value` itself is made of even where it has crossed before."""
        for base, to_text in _TO_TEXT.items():
            if isinstance(value, base):
                return to_text(value)
        for name, plain in _CONTAINERS.items():
            if isinstance(value, plain):
                return {name: list(map(self.encode, plain.__iter__(value)))}
        kind = type(value)
        if kind in _TO_PARTS and (parts := _TO_PARTS[kind](value)) is not None:
            return {kind.__name__: list(map(self.encode, parts))}
        if isinstance(value, dict):
            keys, items = list(dict.keys(value)), list(dict.values(value))
            return {"dict": [list(map(self.encode, keys)), list(map(self.encode, items))]}
        name = getattr(value, "__name__", "") if isinstance(value, type) else ""
        if name and vars(builtins).get(name) is value:
            return {"builtin": name}
        return self.handle(value)

    def decode(self, message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        if "known" in message:
            return self.containers[message["known"]]
        value = self.decode_content(message)
        if isinstance(value, _MUTABLE):
            self._add(value)
        return value

    def decode_content(self, message: dict[str, Any]) -> Any:
        ((kind, content),) = message.items()
        if kind in _CONTAINERS:
            return _CONTAINERS[kind](map(self.decode, content))
        if kind == "dict":
            keys, items = (list(map(self.decode, part)) for part in content)
            return dict(zip(keys, items, strict=True))
        if kind in _FROM_PARTS:
            return _FROM_PARTS[kind](*map(self.decode, content))
        if kind in _FROM_TEXT:
            return _FROM_TEXT[kind](content)
        return self.resolve(content)

    def _add(self, container: Any) -> None:
        self.numbers[id(container)] = len(self.containers)
        self.containers.append(container)


_MUTABLE = (list, dict, set, bytearray, deque)
_CONTAINERS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_TO_TEXT: dict[type, Callable[[Any], Any]] = {
    int: lambda value: {"int": hex(int.__index__(value))},
    float: lambda value: {"float": float.__repr__(value)},
    str: lambda value: str.__str__(value),
    bytes: lambda value: {"bytes": bytes.hex(value)},
    bytearray: lambda value: {"bytearray": bytearray.hex(value)},
    complex: lambda value: {"complex": complex.__repr__(value)},
}
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "complex": complex,
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "builtin": lambda name: _builtin_type(name),
}
# What a value of exactly this type is made of; None where that is not data.
_TO_PARTS: dict[type, Callable[[Any], tuple[Any, ...] | None]] = {
    range: lambda value: (value.start, value.stop, value.step),
    Fraction: lambda value: (value.numerator, value.denominator),
    Decimal: lambda value: (str(value),),
    date: lambda value: (value.year, value.month, value.day),
    datetime: lambda value: _parts_with_zone(value, (value.year, value.month, value.day)),
    time: lambda value: _parts_with_zone(value, ()),
    timedelta: lambda value: (value.days, value.seconds, value.microseconds),
    timezone: lambda value: value.__getinitargs__(),
    deque: lambda value: (tuple(value), value.maxlen),
    Counter: lambda value: (tuple(value.items()),),
    OrderedDict: lambda value: (tuple(value.items()),),
    defaultdict: lambda value: (value.default_factory, tuple(value.items())),
}
_FROM_PARTS: dict[str, Callable[..., Any]] = {
    **{kind.__name__: kind for kind in (range, Fraction, Decimal, date, timedelta, timezone, deque, OrderedDict)},
    "datetime": lambda fold, *parts: datetime(*parts, fold=fold),
    "time": lambda fold, *parts: time(*parts, fold=fold),
    "Counter": lambda items: Counter(dict(items)),
    "defaultdict": defaultdict,
}


def _parts_with_zone(value: Any, day: tuple[int, ...]) -> tuple[Any, ...] | None:
    if value.tzinfo is not None and type(value.tzinfo) is not timezone:
        return None
    return (value.fold, *day, value.hour, value.minute, value.second, value.microsecond, value.tzinfo)


def _builtin_type(name: str) -> type:
    found = getattr(builtins, name)
    if not isinstance(found, type):
        raise ValueError(f"{name} is no type")
    return found
