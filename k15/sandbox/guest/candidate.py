"""The tested end of a function test: loads the program as a module and calls its functions as it is asked to.

It sees the arguments of each call when the call comes, and never a test or an expected value: those are in the
judge's box. Whatever it replies is taken for what the function returned.
"""

import copy
import operator
import os
from collections.abc import Callable
from types import CodeType
from typing import Any

from .codec import Frames, Lost, Values
from .interpreter import new_module

_ACTIONS: dict[str, Callable[..., Any]] = {
    "getattr": getattr,
    "setattr": setattr,
    "getitem": operator.getitem,
    "bool": bool,
    "len": len,
    "str": str,
    "repr": repr,
    "iter": iter,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


class Server:
    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.late: dict[int, BaseException] = {}
        """What an iterator raised after items that had to be sent first."""

    def handle(self, value: Any) -> Any:
        """An object with a handle is kept, so no other one gets its identity."""
        number = self.numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
        return {"handle": number}

    def reply(self, request: dict[str, Any]) -> None:
        """Sends the answer, or why there is none: what the program raised, or that its value cannot be sent."""
        try:
            self.frames.send(self._answer(request))
        except Lost:
            raise
        except BaseException as error:
            self.frames.send({"raise": [type(error).__name__, str(error)[:2000]]})

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        number, operation = request["target"], request["operation"]
        target = self.objects[number]
        values = Values(self.handle, self.objects.__getitem__)
        arguments = list(map(values.decode, request["arguments"]))
        named = {name: values.decode(item) for name, item in request["named"].items()}
        if operation == "call":
            before = [_items(container) for container in values.containers]
            value = target(*arguments, **named)
            # The contents before the value: the judge numbers new containers in the order of the reply.
            return {"changed": _changes(values, before), "value": values.encode(value)}
        if operation == "take":
            return {"value": values.encode(self._take(number, *arguments))}
        return {"value": values.encode(_ACTIONS[operation](target, *arguments))}

    def _take(self, number: int, most: int) -> list[Any]:
        """The next items of an iterator; none at its end."""
        if number in self.late:
            raise self.late.pop(number)
        items: list[Any] = []
        try:
            for _ in range(most):
                items.append(next(self.objects[number]))
        except StopIteration:
            pass
        except BaseException as error:
            if not items:
                raise
            self.late[number] = error
        return items


def _items(container: Any) -> list[Any]:
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


def _changes(values: Values, before: list[list[Any]]) -> list[Any]:
    """[number, content] of each argument, or container within one, that is not what it was."""
    changes = []
    for number, (old, container) in enumerate(zip(before, list(values.containers), strict=True)):
        new = _items(container)
        if len(old) != len(new) or not all(map(operator.is_, old, new)):
            changes.append([number, values.content(container)])
    return changes


def serve(code: CodeType, files: dict[str, bytes], first_channel: int) -> None:
    server = Server(Frames(first_channel, first_channel + 1))
    module = new_module("solution", code)
    server.handle(module)
    exec(code, module.__dict__)
    names = [
        name
        for name, value in list(module.__dict__.items())
        if not name.startswith("__") and not isinstance(value, type(os))
    ]
    try:
        server.frames.send(names)
        while True:
            server.reply(server.frames.receive())
    except Lost:
        return
