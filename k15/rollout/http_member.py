"""An engine of the fleet that is a vLLM server on this machine (`k15.rollout.server`), asked over HTTP.

Guarantees: every token that the server sent is handed out once, in order. Like a process on a pipe it may die or hang
(`EngineLost`) and be replaced, and it ends with the thread that started it.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from k15.errors import UserError
from k15.rollout import server_wire as wire
from k15.rollout.llm import existing
from k15.rollout.member import START_S, EngineLost, Member
from k15.rollout.params import EngineParams
from k15.rollout.server_process import ServerProcess
from k15.rollout.shared_weights import Handle
from k15.rollout.types import Chunk, Order, Prompt, Request

_POLL_S = 0.1
_LAST_BREATH_S = 2.0
"""A process may end a little later than its connections."""


class HTTPMember(Member):
    """Starts its server when constructed, and waits for it when it is first asked for something."""

    stream_per_response = True

    def __init__(self, arguments: dict[str, Any], hang_s: float) -> None:
        existing(arguments["hf_dir"] / "config.json")
        self._arguments, self._hang_s = _command_line(**arguments), hang_s
        self._start()

    def _start(self) -> None:
        self.server = ServerProcess(self._arguments)
        self._up = self._asleep = False

    @property
    def pid(self) -> int:
        return self.server.group

    def run(self, order: Order) -> Iterator[Chunk]:
        if not order.requests or order.budget == 0:
            return
        with self._answer("POST", wire.ORDERS, wire.write_order(order)) as response:
            while (line := response.readline()).endswith(b"\n"):
                content = json.loads(line) if line.strip() else {}
                yield from wire.read_chunks(content.get("chunks", []))
                if "lost" in content:
                    raise EngineLost(f"failed ({content['lost']})")
                if "end" in content:
                    return
            raise self._gone()

    def update_weights(self, handle: Handle) -> None:
        if self._asleep:
            self._json("POST", "/wake_up")
            self._asleep = False
        answer = self._worker("take_shared_weights", json.dumps(handle))
        if "refused" in answer:
            raise UserError(answer["refused"])

    def weight_digests(self) -> dict[str, str]:
        return self._worker("weight_digests")

    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[float]:
        body = wire.write_request(Request((0, 0), prompt, tuple(response)))
        values: list[float] = self._json("POST", wire.LOGPROBS, body)["logprobs"]
        return values

    def release(self) -> None:
        self._json("POST", "/sleep?level=2")
        self._asleep = True

    def restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self.server.kill()

    def _worker(self, method: str, *arguments: str) -> dict[str, str]:
        body = json.dumps({"method": method, "args": arguments}).encode()
        answer: dict[str, str] = self._json("POST", "/collective_rpc", body)["results"][0]
        return answer

    def _json(self, method: str, route: str, body: bytes = b"") -> dict[str, Any]:
        with self._answer(method, route, body) as response:
            content: dict[str, Any] = json.loads(response.read())
            return content

    @contextmanager
    def _answer(self, method: str, route: str, body: bytes = b"") -> Iterator[http.client.HTTPResponse]:
        if not self._up:
            self._wait()
        connection = _Connection(self.server.socket, self._hang_s)
        try:
            connection.request(method, route, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                self._refuse(response)
            yield response
        except TimeoutError:
            raise EngineLost(f"has not moved for {self._hang_s:g} s") from None
        except (OSError, http.client.HTTPException):
            raise self._gone() from None
        finally:
            connection.close()

    def _refuse(self, response: http.client.HTTPResponse) -> None:
        content = response.read().decode()
        if response.status == http.client.BAD_REQUEST and content.startswith('{"refused":'):
            raise UserError(json.loads(content)["refused"])
        if not self._healthy():
            raise EngineLost(self.server.death(_LAST_BREATH_S) or "failed, see its output above")
        raise RuntimeError(f"an engine's server answered {response.status}: {content}")

    def _gone(self) -> EngineLost:
        return EngineLost(self.server.death(_LAST_BREATH_S) or "hung up")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._healthy():
            if (death := self.server.death()) is not None:
                raise EngineLost(death)
            if time.monotonic() > deadline:
                raise EngineLost(f"has not come up in {START_S:g} s")
            time.sleep(_POLL_S)
        self._up = True

    def _healthy(self) -> bool:
        connection = _Connection(self.server.socket, self._hang_s)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _command_line(**arguments: Any) -> list[str]:
    """The engine's arguments as `vllm serve` takes them."""
    params: EngineParams = arguments["params"]
    values = {
        "--model": arguments["hf_dir"],
        "--max-model-len": arguments["max_model_len"],
        "--max-num-seqs": params.max_num_seqs,
        "--kv-cache-memory-bytes": int(params.kv_cache_gib * 2**30),
        "--logprobs-mode": f"{params.logprobs}_logprobs",
        "--seed": arguments["seed"],
    }
    return [str(part) for pair in values.items() for part in pair]


class _Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
