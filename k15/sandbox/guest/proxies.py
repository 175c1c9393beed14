"""What the tests of a function test see of the tested program: proxies that ask the program's end.

A proxy equals only itself, and the program is never shown what a test compares with: `==` compares handles, `in`
compares the items of an iteration, and order exists between two objects of the program only. A message that is none of
ours means that the program wrote to the channel itself, and ends the tests as `Lost`.
"""

import builtins
import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any, TypeVar

from .codec import Frames, Lost, Values

Kind = TypeVar("Kind")

_PROGRAM = 0  # the handle of the program itself, a module
_ITEMS_AT_ONCE = 1000
_MOST_ITEMS = 1_000_000


class Remote:
    """A function, class or object of the tested program."""

    # Names that begin with two underscores are never asked of the program, so a half-made copy asks nothing.
    __slots__ = ("__link__", "__number__")
    __link__: "Link"
    __number__: int

    def __init__(self, link: "Link", number: int) -> None:
        object.__setattr__(self, "__link__", link)
        object.__setattr__(self, "__number__", number)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.__link__.request(self.__number__, "call", arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__link__.request(self.__number__, "getattr", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self.__link__.request(self.__number__, "setattr", (name, value))

    def __iter__(self) -> Iterator[Any]:
        iterator = self.__link__.request(self.__number__, "iter")
        if not isinstance(iterator, Remote):
            raise Lost
        return self.__link__.items(iterator.__number__)

    def __next__(self) -> Any:
        return self.__link__.next(self.__number__, 1)

    def __getitem__(self, key: Any) -> Any:
        return self.__link__.request(self.__number__, "getitem", (key,))

    def __bool__(self) -> bool:
        return self.__link__.ask(bool, self.__number__, "bool")

    def __len__(self) -> int:
        return self.__link__.ask(int, self.__number__, "len")

    def __str__(self) -> str:
        return self.__link__.ask(str, self.__number__, "str")

    def __repr__(self) -> str:
        return self.__link__.ask(str, self.__number__, "repr")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other.__number__ == self.__number__

    def __hash__(self) -> int:
        return hash(self.__number__)

    def __lt__(self, other: object) -> bool:
        return self.__ordered(other, "lt")

    def __le__(self, other: object) -> bool:
        return self.__ordered(other, "le")

    def __gt__(self, other: object) -> bool:
        return self.__ordered(other, "gt")

    def __ge__(self, other: object) -> bool:
        return self.__ordered(other, "ge")

    def __copy__(self) -> Any:
        return self.__link__.request(self.__number__, "copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__link__.request(self.__number__, "deepcopy")

    def __ordered(self, other: object, operation: str) -> Any:
        if not isinstance(other, Remote):
            return NotImplemented
        return self.__link__.ask(bool, self.__number__, operation, (other,))


class Link:
    """The judge's side of the channel between the two ends."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.proxies: dict[int, Remote] = {}
        self.ahead: dict[int, deque[Any]] = {}
        """Items of iterators that came with earlier ones."""
        self.names: frozenset[str] = frozenset()

    def hear_names(self) -> None:
        """What the program defines; it says so once, when it is loaded."""
        names = self.frames.receive()
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Lost
        self.names = frozenset(names)

    def find(self, name: str) -> Any:
        """The program's value of this name; KeyError where it has none that can be sent."""
        if name not in self.names:
            raise KeyError(name)
        try:
            return self.request(_PROGRAM, "getattr", (name,))
        except Exception:
            raise KeyError(name) from None

    def request(self, number: int, operation: str, arguments: tuple[Any, ...] = (), named: Any = None) -> Any:
        values = Values(_handle, self._resolve)
        encoded = list(map(values.encode, arguments))
        message = {"target": number, "operation": operation, "arguments": encoded}
        self.frames.send({**message, "named": {name: values.encode(item) for name, item in (named or {}).items()}})
        try:
            reply = self.frames.receive()
            if "raise" not in reply:
                changes = [(values.containers[at], values.decode_content(new)) for at, new in reply.get("changed", ())]
                for container, new in changes:
                    _refill(container, new)
                return values.decode(reply["value"])
            error = _exception(*reply["raise"])
        except Exception:
            raise Lost from None
        raise error

    def ask(self, kind: type[Kind], number: int, operation: str, arguments: tuple[Any, ...] = ()) -> Kind:
        value = self.request(number, operation, arguments)
        if type(value) is not kind:
            raise Lost
        return value

    def items(self, number: int) -> Iterator[Any]:
        for count in itertools.count():
            try:
                item = self.next(number, _ITEMS_AT_ONCE)
            except StopIteration:
                return
            if count == _MOST_ITEMS:
                raise OverflowError(f"more than {_MOST_ITEMS} items")
            yield item

    def next(self, number: int, at_once: int) -> Any:
        ahead = self.ahead.setdefault(number, deque())
        if not ahead:
            ahead.extend(self.ask(list, number, "take", (at_once,)))
        if not ahead:
            raise StopIteration
        return ahead.popleft()

    def _resolve(self, number: Any) -> Remote:
        if type(number) is not int:
            raise ValueError("no handle")
        return self.proxies.setdefault(number, Remote(self, number))


def _handle(value: Any) -> Any:
    if isinstance(value, Remote):
        return {"handle": value.__number__}
    raise TypeError(f"a {type(value).__name__} cannot be passed to the tested program")


def _exception(name: str, message: str) -> Exception:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:  # UnicodeDecodeError and the like want more
            pass
    return RuntimeError(f"{name}: {message}")


def _refill(container: Any, new: Any) -> None:
    """The tested function changed a container of its arguments in place."""
    if not isinstance(container, type(new)):
        raise ValueError("another kind of container")
    if isinstance(container, bytearray):
        container[:] = new
        return
    container.clear()
    (container.extend if isinstance(container, list | deque) else container.update)(new)
