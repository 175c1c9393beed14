"""The sandbox of a service, with the face of the one in this process.

A request that meets a full queue, a service that restarts or a connection that breaks is sent again until `patience_s`
is over; then its result is an `infrastructure_error`. Runs are pure, so none is counted twice.
"""

import json
import random
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx

from k15.errors import UserError
from k15.sandbox import wire
from k15.sandbox.face import AnySandbox
from k15.sandbox.types import COMPILE_LIMITS, FunctionResult, Limits, Program, Result

_QUEUE_S = 600.0
"""What a request may wait for its turn."""
_LONGEST_PAUSE_S = 30.0
_SOURCE = "source"
# A machine that is gone answers nothing: found out long before a read times out.
_KEEPALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6),
]


class _Unreachable(Exception):
    pass


def _timeout(read_s: float) -> httpx.Timeout:
    return httpx.Timeout(10.0, read=read_s, write=60.0)


class RemoteSandbox(AnySandbox):
    """`url`: of the service, or unix: and the path of its socket. `slots`: how many requests this client has under way
    at once, from whatever threads they come (default: what the service runs at once)."""

    def __init__(self, url: str, *, slots: int | None = None, patience_s: float = 900.0) -> None:
        path = url.removeprefix("unix:")
        unix = path != url
        self.url = "http://sandbox" if unix else url.rstrip("/")
        self.patience_s = patience_s
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(
                uds=path if unix else None,
                limits=httpx.Limits(max_connections=None),
                socket_options=None if unix else _KEEPALIVE,
            ),
            timeout=_timeout(10.0),
        )
        self.slots = slots or self._slots_of_service(url)
        self._places = threading.BoundedSemaphore(self.slots)

    def _slots_of_service(self, url: str) -> int:
        try:
            answer = self._client.get(f"{self.url}/health")
            if answer.status_code == 200:
                return int(answer.json()["slots"])
            why = f"status {answer.status_code}: {answer.text[:200]}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            why = str(error) or type(error).__name__
        raise UserError(f"no sandbox service answers at {url} ({why}); start one, or unset K15_SANDBOX_URL")

    def close(self) -> None:
        self._client.close()

    def build(self, language: str, source: str | bytes) -> Program | Result:
        content = _encoded(source)
        try:
            message = {"language": language, "source": wire.to_text(content)}
            answer = self._post("build", message, COMPILE_LIMITS.longest_s)
        except _Unreachable as error:
            return Result("infrastructure_error", why=str(error))
        result = wire.unpack_result(answer["result"])
        return Program(language, {_SOURCE: content}) if result.status == "ok" else result

    def prepare(self, language: str, source: str | bytes) -> Program:
        return Program(language, {_SOURCE: _encoded(source)})

    def run_program(
        self,
        program: Program,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        allowed = limits or Limits()
        message = {
            "language": program.language,
            "source": wire.to_text(program.files[_SOURCE]),
            "stdins": [wire.to_text(stdin)],
            "args": [wire.to_text(arg) for arg in args],
            "files": {name: wire.to_text(content) for name, content in (files or {}).items()},
            "limits": asdict(allowed),
        }
        try:
            answer = self._post("run", message, COMPILE_LIMITS.longest_s + allowed.longest_s)
            return wire.unpack_result(answer["results"][0])
        except _Unreachable as error:
            return Result("infrastructure_error", why=str(error))

    def test_functions(
        self,
        source: str,
        tests: Sequence[str],
        *,
        entry_point: str | None = None,
        given: str = "",
        before: str = "",
        limits: Limits | None = None,
    ) -> FunctionResult:
        allowed = limits or Limits()
        message = {
            "source": wire.to_text(source),
            "tests": [wire.to_text(test) for test in tests],
            "entry_point": None if entry_point is None else wire.to_text(entry_point),
            "given": wire.to_text(given),
            "before": wire.to_text(before),
            "limits": asdict(allowed),
        }
        try:
            return wire.unpack_functions(self._post("functions", message, allowed.longest_s))
        except _Unreachable as error:
            return FunctionResult(
                "infrastructure_error", (), Result("infrastructure_error", why=str(error)), str(error)
            )

    def _post(self, what: str, message: dict[str, Any], longest_s: float) -> dict[str, Any]:
        """The service's answer. `UserError` for a request that it never takes, `_Unreachable` after `patience_s`.
        `longest_s`: what the service may be at work on it."""
        content = json.dumps(message).encode()
        with self._places:
            until, pause = time.monotonic() + self.patience_s, 0.1
            while True:
                wait, why = min(pause, _LONGEST_PAUSE_S), ""
                try:
                    answer = self._send(what, content, longest_s)
                except httpx.RequestError as error:
                    why = str(error) or type(error).__name__
                else:
                    if answer.status_code == 200 and (found := _decoded(answer)) is not None:
                        return found
                    why = f"status {answer.status_code}: {answer.text[:200]}"
                    _refuse(answer)
                    wait = _asked_pause(answer, wait)
                if time.monotonic() + wait > until:
                    raise _Unreachable(f"the sandbox service at {self.url} gave no verdict ({why})")
                time.sleep(wait * random.uniform(0.5, 1.0))
                pause *= 2

    def _send(self, what: str, content: bytes, longest_s: float) -> httpx.Response:
        timeout = _timeout(longest_s + _QUEUE_S)
        headers = {"Content-Type": "application/json"}
        return self._client.post(f"{self.url}/v1/{what}", content=content, headers=headers, timeout=timeout)


def _encoded(source: str | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.encode(errors="surrogatepass")


def _decoded(answer: httpx.Response) -> dict[str, Any] | None:
    """None for what is no JSON object: something between here and the service answered, or half of it arrived."""
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _refuse(answer: httpx.Response) -> None:
    """`UserError` for an answer that a second attempt does not change."""
    code = answer.status_code
    if 300 <= code < 500 and code != 429:
        said = " ".join(answer.text[:300].split())
        raise UserError(f"the sandbox service refuses a request (status {code}): {said}")


def _asked_pause(answer: httpx.Response, otherwise: float) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_PAUSE_S) if asked.isdecimal() else otherwise
