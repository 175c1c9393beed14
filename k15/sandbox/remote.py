"""The sandbox of a service, with the face of the one in this process.

A request that meets a full queue, a service that restarts or a connection that breaks is sent again until `patience_s`
is over; then its result is an `infrastructure_error`. Runs are pure, so none is counted twice.
"""

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import httpx

from k15.errors import UserError
from k15.sandbox import wire
from k15.sandbox.types import FunctionResult, Limits, Program, Result

_READ_S = 600.0
_LONGEST_PAUSE_S = 30.0
_SOURCE = "source"


class _Unreachable(Exception):
    pass


class RemoteSandbox:
    """`url`: of the service, or unix: and the path of its socket. `slots`: how many requests this client keeps in
    flight (default: what the service runs at once)."""

    def __init__(self, url: str, *, slots: int | None = None, patience_s: float = 900.0) -> None:
        path = url.removeprefix("unix:")
        self.url = "http://sandbox" if path != url else url.rstrip("/")
        self.patience_s = patience_s
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=path if path != url else None, limits=httpx.Limits(max_connections=None)),
            timeout=httpx.Timeout(10.0, read=_READ_S),
        )
        try:
            self.slots = slots or int(self._client.get(f"{self.url}/health").raise_for_status().json()["slots"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise UserError(
                f"no sandbox service answers at {url} ({error}); start one, or unset K15_SANDBOX_URL"
            ) from None

    def __enter__(self) -> "RemoteSandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def build(self, language: str, source: str | bytes) -> Program | Result:
        content = source if isinstance(source, bytes) else source.encode(errors="surrogatepass")
        try:
            answer = self._post("build", {"language": language, "source": content.decode(errors="replace")})
        except _Unreachable as error:
            return Result("infrastructure_error", why=str(error))
        result = wire.unpack_result(answer["result"])
        return Program(language, {_SOURCE: content}) if result.status == "ok" else result

    def run(
        self,
        language: str,
        source: str | bytes,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        content = source if isinstance(source, bytes) else source.encode(errors="surrogatepass")
        program = Program(language, {_SOURCE: content})
        return self.run_program(program, stdin=stdin, args=args, files=files, limits=limits)

    def run_program(
        self,
        program: Program,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        message = {
            "language": program.language,
            "source": program.files[_SOURCE].decode(errors="replace"),
            "stdins": [wire.to_text(stdin.encode() if isinstance(stdin, str) else stdin)],
            "args": list(args),
            "files": {name: wire.to_text(content) for name, content in (files or {}).items()},
            "limits": asdict(limits or Limits()),
        }
        try:
            return wire.unpack_result(self._post("run", message)["results"][0])
        except _Unreachable as error:
            return Result("infrastructure_error", why=str(error))

    def run_many(
        self,
        program: Program,
        inputs: Sequence[str | bytes],
        *,
        limits: Limits | None = None,
        args: Sequence[Sequence[str]] | None = None,
    ) -> list[Result]:
        arguments = args if args is not None else [()] * len(inputs)

        def one(index: int) -> Result:
            return self.run_program(program, stdin=inputs[index], args=arguments[index], limits=limits)

        with ThreadPoolExecutor(self.slots) as threads:
            return list(threads.map(one, range(len(inputs))))

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
        message = {
            "source": source.encode(errors="replace").decode(),
            "tests": list(tests),
            "entry_point": entry_point,
            "given": given,
            "before": before,
            "limits": asdict(limits or Limits()),
        }
        try:
            return wire.unpack_functions(self._post("functions", message))
        except _Unreachable as error:
            return FunctionResult(
                "infrastructure_error", (), Result("infrastructure_error", why=str(error)), str(error)
            )

    def _post(self, what: str, message: dict[str, Any]) -> dict[str, Any]:
        """The service's answer. `UserError` for a request that it never takes, `_Unreachable` after `patience_s`."""
        until, pause = time.monotonic() + self.patience_s, 0.1
        while True:
            wait, why = min(pause, _LONGEST_PAUSE_S), ""
            try:
                answer = self._client.post(f"{self.url}/v1/{what}", json=message)
                if answer.status_code == 200:
                    found: dict[str, Any] = answer.json()
                    return found
                if answer.status_code in (400, 413, 422):
                    raise UserError(f"the sandbox service refuses a request: {answer.text[:300]}")
                why = f"status {answer.status_code}"
                wait = float(answer.headers.get("Retry-After", wait))
            except (httpx.TransportError, ValueError) as error:
                why = str(error) or type(error).__name__
            if time.monotonic() + wait > until:
                raise _Unreachable(f"the sandbox service at {self.url} gave no verdict ({why})")
            time.sleep(wait * random.uniform(0.5, 1.0))
            pause *= 2
