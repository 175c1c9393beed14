"""The tested end of a function test: loads the program as a module and calls its functions as it is asked to.

It sees the arguments of each call when the call comes, and never a test or an expected value: those are in the
judge's box. Whatever it replies is taken for what the function returned.
"""

import os
from collections.abc import Callable
from types import CodeType
from typing import Any

from .codec import Frames, Lost, decode, encode
from .interpreter import new_module

_MUTABLE = (list, dict, set, bytearray)
_LONGEST_ITERATION = 1_000_000


class Server:
    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.objects: list[Any] = []

    def handle(self, value: Any) -> Any:
        for number, known in enumerate(self.objects):
            if known is value:
                return {"handle": number}
        self.objects.append(value)
        return {"handle": len(self.objects) - 1}

    def encode(self, value: Any) -> Any:
        return encode(value, self.handle)

    def decode(self, message: Any) -> Any:
        return decode(message, lambda number: self.objects[number])

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._do(request)
        except Lost:
            raise
        except BaseException as error:
            return {"raise": [type(error).__name__, str(error)[:2000]]}

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        target = self.objects[request["target"]]
        operation = request["operation"]
        arguments = [self.decode(item) for item in request["arguments"]]
        if operation == "call":
            named = {name: self.decode(item) for name, item in request["named"].items()}
            value = target(*arguments, **named)
            changed = [
                [index, after]
                for index, argument in enumerate(arguments)
                if isinstance(argument, _MUTABLE) and (after := self.encode(argument)) != request["arguments"][index]
            ]
            return {"value": self.encode(value), "changed": changed}
        if operation == "iterate":
            items = [item for item, _ in zip(target, range(_LONGEST_ITERATION), strict=False)]
            return {"value": self.encode(items)}
        actions: dict[str, Callable[..., Any]] = {
            "getattr": getattr,
            "getitem": lambda of, key: of[key],
            "len": len,
            "str": str,
            "repr": repr,
        }
        actions["setattr"] = setattr
        return {"value": self.encode(actions[operation](target, *arguments))}


def serve(code: CodeType, files: dict[str, bytes], first_channel: int) -> None:
    server = Server(Frames(first_channel, first_channel + 1))
    module = new_module("solution", code)
    exec(code, module.__dict__)
    names = {
        name: server.encode(value)
        for name, value in list(module.__dict__.items())
        if not name.startswith("__") and not isinstance(value, type(os))
    }
    try:
        server.frames.send(names)
        while True:
            server.frames.send(server.answer(server.frames.receive()))
    except Lost:
        return
