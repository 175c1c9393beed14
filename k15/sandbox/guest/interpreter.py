"""Runs tested Python in this warm interpreter as `python main.py` would: module, streams, exit codes, tracebacks."""

import atexit
import builtins
import importlib
import io
import os
import signal
import site
import sys
import threading
import types
from collections.abc import Callable
from types import CodeType
from typing import Any, NoReturn

from . import program

_FIRST_CHANNEL = 3
_PYTHONS_RECURSION_LIMIT = 1000
# From `run` to where the program's first frame would be, in each mode.
_FRAMES_ABOVE = {"python": 6, "candidate": 6, "judge": 8}


def run(request: dict[str, Any], files: dict[str, bytes], arguments: list[str], status: int) -> NoReturn:
    """Runs the file that the first argument names, or the end of a function test that the request's mode names."""
    _open_streams()
    sys.argv = arguments
    sys.path.remove("/opt/k15")
    sys.path.insert(0, "/box/work")
    os.environ.clear()
    os.environ.update(request["environment"])
    site.setquit()
    name = arguments[0]
    code = program.compile_source(files[name], f"/box/work/{name}", status)
    os.close(status)
    mode = request["mode"]
    # Frames below the program's first one must not count against its recursion limit.
    sys.setrecursionlimit(_PYTHONS_RECURSION_LIMIT + _depth() + _FRAMES_ABOVE[mode])
    if mode == "python":
        run_main(code)
    module = importlib.import_module(f".{mode}", __package__)
    run_guarded(lambda: module.serve(code, files, _FIRST_CHANNEL))


def run_main(code: CodeType) -> NoReturn:
    module = new_module("__main__", code)
    for name in [name for name in sys.modules if name.partition(".")[0] == "guest"]:
        del sys.modules[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # process 1 ignores it
    run_guarded(lambda: exec(code, module.__dict__))


def new_module(name: str, code: CodeType) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(__builtins__=builtins, __file__=code.co_filename)
    sys.modules[name] = module
    return module


def run_guarded(action: Callable[[], Any]) -> NoReturn:
    """Ends the process after `action` as the interpreter ends itself: exit code, traceback, threads, exit functions."""
    result = 1
    try:
        result = _result_of(action)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        os._exit(result if _flushed() else 120)


def _result_of(action: Callable[[], Any]) -> int:
    """The exit code; what the program has put in the place of Python's own hooks may raise once more: 1."""
    try:
        action()
        return 0
    except SystemExit as end:
        return _exit_code(end)
    except BaseException as error:
        return _print_traceback(error)


def _flushed() -> bool:
    """Whether the last output could be written; where not, Python ends with 120."""
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
        return True
    except BaseException:
        return False


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF if abs(end.code) < 1 << 63 else 255
    print(end.code, file=sys.stderr)
    return 1


def _print_traceback(error: BaseException) -> int:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith("/opt/k15/"):
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _open_streams() -> None:
    streams = (
        ("stdin", "r", "surrogateescape"),
        ("stdout", "w", "surrogateescape"),
        ("stderr", "w", "backslashreplace"),
    )
    for descriptor, (name, mode, errors) in enumerate(streams):
        newline = None if mode == "r" else "\n"
        raw = io.FileIO(descriptor, mode, closefd=False)
        buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(buffer, "utf-8", errors, newline, line_buffering=name == "stderr")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _depth() -> int:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
