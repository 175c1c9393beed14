"""vLLM's API server as a rollout engine (§2.6): `python -m k15.rollout.server` and the arguments of `vllm serve`.

Its own routes, with its development ones (worker methods, sleep), and those of `server_orders`. vLLM starts the engine
in a process of its own, which imports this module again: what stands at module level prepares both. They end with the
process that started them, however that ends.
Does not guard its routes: whoever reaches its address can do anything with it, so give it a Unix socket (`--uds`) in a
private directory.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from k15.lifetime import end_with
from k15.rollout import process
from k15.rollout.server_process import PARENT


def _end_with_parent() -> None:
    parent = os.environ.get(PARENT)
    if parent is None:  # started by hand
        return
    end_with(int(parent))
    os.environ[PARENT] = str(os.getpid())  # for the engine's process


logging.getLogger("vllm").setLevel(os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR"))
_end_with_parent()  # before the imports, which take seconds

with process.importing_vllm():
    from vllm import _custom_ops as cpu_operators
    from vllm.model_executor.models.llava import LlavaForConditionalGeneration
    from vllm.model_executor.models.registry import ModelRegistry

    from k15.rollout import llm
    from k15.rollout.inputs import SETTINGS, scoring
    from k15.rollout.server_worker import WeightsExtension

# Registering the class itself spares vLLM a fresh interpreter that inspects it.
ModelRegistry.register_model("LlavaForConditionalGeneration", LlavaForConditionalGeneration)
# No oneDNN: it computes with prepacked copies, which in-place weight updates would not reach.
cpu_operators._supports_onednn = False


async def _serve(arguments: Namespace) -> None:
    from vllm.entrypoints.launchers.api_server.app_state import init_app_state
    from vllm.entrypoints.launchers.api_server.entry import build_async_engine_client
    from vllm.entrypoints.launchers.app import build_app
    from vllm.entrypoints.launchers.launcher import serve_http, setup_server

    from k15.rollout.server_orders import router

    _, listener = setup_server(arguments, reuse_port=False)
    async with build_async_engine_client(arguments) as engine:
        await _warm_up(engine)
        tasks = await engine.get_supported_tasks()
        app = build_app(arguments, tasks, engine.model_config)
        app.include_router(router)
        await init_app_state(engine, app.state, arguments, tasks)
        address = {"host": arguments.host, "port": arguments.port}
        ended = await serve_http(app, listener, **address, log_level="error", access_log=False)
    await ended


async def _warm_up(engine: Any) -> None:
    """The first step imports for seconds, which nobody should take for a hang."""
    async for _ in engine.generate({"prompt_token_ids": [0]}, scoring(), "warm-up"):
        pass


def _arguments(command_line: list[str]) -> Namespace:
    """vLLM's, with the defaults of a rollout engine."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser(prog="python -m k15.rollout.server"))
    longest = parser.parse_args(command_line).max_model_len or 0
    extension = f"{WeightsExtension.__module__}.{WeightsExtension.__qualname__}"
    parser.set_defaults(**llm.settings(longest), **SETTINGS, worker_extension_cls=extension)
    arguments: Namespace = parser.parse_args(command_line)
    validate_parsed_serve_args(arguments)
    return arguments


def main(command_line: list[str]) -> None:
    os.environ["VLLM_SERVER_DEV_MODE"] = "1"
    arguments = _arguments(command_line)
    width = llm.read_json(Path(arguments.model) / "config.json")["text_config"]["hidden_size"]
    os.environ["OMP_NUM_THREADS"] = str(llm.thread_count(width))  # of the engine's process, which is still to come
    asyncio.run(_serve(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
