"""A rollout engine behind HTTP (§2.6): starts `server` in a process of its own and speaks with it.

Guarantees: every token that the server sent is handed out once, in order; a server that died, hung up or brought nothing
for `hang_s` seconds is `EngineLost`, after which `restart` gives a fresh one with the checkpoint's weights; it ends with
the thread that launched it, however that ends.
Does not guarantee: anything across machines, since weights come by shared memory.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from k15.errors import UserError
from k15.rollout import server_wire as wire
from k15.rollout.params import EngineParams
from k15.rollout.server_process import ServerProcess
from k15.rollout.types import LENGTH, Chunk, Order, Prompt

_HEALTH_S = 1.0


class EngineLost(Exception):
    """The engine is gone or no longer to be relied on; what it delivered stays valid."""


class HTTPMember:
    """One replica; a context manager."""

    def __init__(
        self,
        hf_dir: Path,
        *,
        max_model_len: int,
        params: EngineParams,
        seed: int = 0,
        hang_s: float = 120.0,
        start_s: float = 600.0,
    ) -> None:
        if not (hf_dir / "config.json").is_file():
            raise UserError(f"{hf_dir / 'config.json'} is missing; give the hf/ directory of a checkpoint")
        values = {
            "--model": hf_dir,
            "--max-model-len": max_model_len,
            "--max-num-seqs": params.max_num_seqs,
            "--kv-cache-memory-bytes": int(params.kv_cache_gib * 2**30),
            "--seed": seed,
        }
        self._arguments = [str(part) for pair in values.items() for part in pair]
        self._hang_s, self._start_s = hang_s, start_s
        self._server: ServerProcess | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def launch(self) -> None:
        """Begin to start, so that several members can do so at the same time; `wait` for it. The thread that calls
        this takes the server along when it ends."""
        self._server = ServerProcess(self._arguments)

    def wait(self) -> None:
        self._running().wait(self._healthy, self._start_s)

    def start(self) -> None:
        self.launch()
        self.wait()

    def restart(self) -> None:
        """A fresh server in place of whatever is there. It has the checkpoint's weights."""
        self.close()
        self.start()

    def close(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server = None

    def run(self, order: Order) -> Iterator[Chunk]:
        """What ends within a tenth of a second, of the rest what there is every half second."""
        limit = order.sampling.max_tokens
        for request in order.requests:
            if len(request.prefix) >= limit:
                yield Chunk(request.key, [], [], LENGTH)
        left = [request for request in order.requests if len(request.prefix) < limit]
        if left and order.budget != 0:
            yield from self._chunks(Order(left, order.sampling, order.budget))

    def update_weights(self, handle: Mapping[str, Any]) -> None:
        """Replace all weights by those in the shared memory that `handle` describes."""
        answer = self._worker("take_shared_weights", json.dumps(handle))
        if "refused" in answer:
            raise UserError(answer["refused"])

    def weight_digests(self) -> dict[str, str]:
        """HF name -> `weights.tensor_digest` of what the engine computes with."""
        return self._worker("weight_digests")

    def logprobs(self, prompt: Prompt, ids: Sequence[int]) -> list[float]:
        """Of the response tokens `ids`, as if they had been sampled."""
        answer: list[float] = self._json("POST", wire.LOGPROBS, wire.write_scored(prompt, ids))["logprobs"]
        return answer

    def sleep(self) -> None:
        """Give the device's memory back, weights included: after `wake` give them again. A CPU keeps its memory."""
        self._json("POST", "/sleep?level=2")

    def wake(self) -> None:
        self._json("POST", "/wake_up")

    def _chunks(self, order: Order) -> Iterator[Chunk]:
        with self._answer("POST", wire.ORDERS, wire.write_order(order)) as response:
            while line := response.readline():
                content = json.loads(line) if line.strip() else {}
                yield from wire.read_chunks(content.get("chunks", []))
                if "lost" in content:
                    raise EngineLost(f"the engine failed: {content['lost']}")
                if "end" in content:
                    return
            raise EngineLost("the server hung up")

    def _worker(self, method: str, *arguments: str) -> dict[str, str]:
        body = json.dumps({"method": method, "args": arguments}).encode()
        answer: dict[str, str] = self._json("POST", "/collective_rpc", body)["results"][0]
        return answer

    def _json(self, method: str, route: str, body: bytes = b"") -> dict[str, Any]:
        with self._answer(method, route, body) as response:
            content: dict[str, Any] = json.loads(response.read())
            return content

    @contextmanager
    def _answer(self, method: str, route: str, body: bytes) -> Iterator[http.client.HTTPResponse]:
        connection = _Connection(self._running().socket, self._hang_s)
        try:
            connection.request(method, route, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                _refuse(response)
            yield response
        except TimeoutError:
            raise EngineLost(f"no progress for {self._hang_s:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise EngineLost(self._running().death() or f"no connection: {error}") from None
        finally:
            connection.close()

    def _running(self) -> ServerProcess:
        if self._server is None:
            raise RuntimeError("the member has not been started, or was closed")
        return self._server

    def _healthy(self) -> bool:
        connection = _Connection(self._running().socket, _HEALTH_S)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _refuse(response: http.client.HTTPResponse) -> None:
    content = response.read().decode()
    if response.status == http.client.BAD_REQUEST and content.startswith('{"refused":'):
        raise UserError(json.loads(content)["refused"])
    raise RuntimeError(f"the engine's server answered {response.status}: {content}")


class _Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
