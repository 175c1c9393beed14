"""`python -m k15.sandbox run|check|serve`: try the sandbox, see what this machine offers, serve it over HTTP."""

import argparse
import contextlib
import errno
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path

from k15.errors import UserError
from k15.sandbox import wire
from k15.sandbox.languages import ALIASES, LANGUAGES, installed
from k15.sandbox.layers import OPTIONAL, probe
from k15.sandbox.pool import Sandbox
from k15.sandbox.types import Limits, Result
from k15.sandbox.wire import Ceilings

END_S = 5
"""For requests under way when the service is told to end, and again for their runs."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m k15.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run", help="run one program; exit code 0 where its status is ok, 1 for any other, 3 where there is none"
    )
    run.add_argument("file", help="the program; - for standard input")
    run.add_argument("arguments", nargs="*", help="of the program")
    run.add_argument("--language", help="by default from the file's name")
    run.add_argument("--stdin", type=Path, help="file that the program reads; by default it reads nothing")
    run.add_argument("--json", action="store_true", help="the whole result as one line of JSON")
    for field in fields(Limits):
        run.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    commands.add_parser("check", help="the layers of isolation and the languages of this machine")
    serve = commands.add_parser("serve", help="the HTTP service")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8015)
    serve.add_argument("--socket", type=Path, help="listen on a unix socket instead, made here for this user alone")
    serve.add_argument(
        "--with-stdin",
        action="store_true",
        help="end when standard input does; the socket's folder is removed then, if nothing else is in it",
    )
    serve.add_argument("--slots", type=int, help="programs at once (default: one to a core)")
    serve.add_argument("--queue", type=int, default=64, help="requests that may wait (default: 64)")
    for field in fields(Ceilings):
        serve.add_argument(
            f"--most-{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"what a request may ask for as {field.name} (default: {field.default:g})",
        )
    for command in (run, serve):
        command.add_argument(
            "--allow-missing", action="append", default=[], choices=OPTIONAL, help="layer to do without"
        )
    options = parser.parse_args(argv)
    try:
        return {"run": _run, "check": _check, "serve": _serve}[options.command](options)
    except UserError as error:
        print(f"k15 sandbox: error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"k15 sandbox: error: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    source = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    language = options.language or _language_of(options.file)
    stdin = options.stdin.read_bytes() if options.stdin else b""
    limits = Limits(**{field.name: getattr(options, field.name) for field in fields(Limits)})
    with Sandbox(1, allow_missing=options.allow_missing) as sandbox:
        result = sandbox.run(language, source, stdin=stdin, args=options.arguments, limits=limits)
    if options.json:
        print(json.dumps(wire.pack_result(result)))
    else:
        _show(result)
    return {"ok": 0, "infrastructure_error": 3}.get(result.status, 1)


def _language_of(name: str) -> str:
    suffix = Path(name).suffix.lstrip(".")
    by_suffix = {Path(language.source).suffix.lstrip("."): language.name for language in LANGUAGES.values()}
    language = by_suffix.get(suffix) or ALIASES.get(suffix)
    if language is None:
        raise UserError(f"{name}: its suffix names no language; give --language, one of {', '.join(LANGUAGES)}")
    return language


def _show(result: Result) -> None:
    sys.stdout.buffer.write(result.stdout)
    sys.stdout.flush()
    sys.stderr.buffer.write(result.stderr)
    status = result.status.replace("_", " ") + (f" ({result.why})" if result.why else "")
    used = f"{result.cpu_s:.3f} s CPU, {result.wall_s:.3f} s, {result.memory_bytes / (1 << 20):.1f} MiB"
    print(f"{status}; {used}", file=sys.stderr)


def _check(_: argparse.Namespace) -> int:
    layers = probe()
    for layer in layers:
        print(f"{'yes' if layer.available else 'NO ':3} {layer.name:11} {layer.detail}")
    for name, language in LANGUAGES.items():
        print(f"{'yes' if name in installed() else 'no ':3} {name:11} {language.packages}")
    return 0 if all(layer.available for layer in layers) else 1


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    from k15.sandbox.service import create_app

    if options.socket is None:
        _require_free(options.host, options.port)
    # The server gives the signal on when it has ended, so that what is below is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if options.with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    remove_socket = partial(_remove_socket, options.socket, with_folder=options.with_stdin)
    ceilings = Ceilings(**{field.name: getattr(options, f"most_{field.name}") for field in fields(Ceilings)})
    try:
        with Sandbox(options.slots, allow_missing=options.allow_missing) as sandbox:
            try:
                sandbox.start()
                config = uvicorn.Config(
                    create_app(sandbox, queue=options.queue, ceilings=ceilings),
                    host=options.host,
                    port=options.port,
                    log_level="warning",
                    timeout_graceful_shutdown=END_S,
                )
                listening = [_listen(options.socket)] if options.socket else None
                uvicorn.Server(config).run(sockets=listening)
            finally:
                _end_within(END_S, remove_socket)
    finally:
        remove_socket()
    return 0


def _listen(path: Path) -> socket.socket:
    """A socket that appears at `path` once it can be connected to."""
    listener = socket.socket(socket.AF_UNIX)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    mask = os.umask(0o177)
    try:
        listener.bind(str(unfinished))
    except OSError as error:
        raise UserError(
            f"no socket can be made at {path} ({error.strerror or error}); choose another --socket"
        ) from None
    finally:
        os.umask(mask)
    listener.listen(socket.SOMAXCONN)
    unfinished.rename(path)
    return listener


def _remove_socket(path: Path | None, *, with_folder: bool) -> None:
    if path is None:
        return
    path.unlink(missing_ok=True)
    if with_folder:
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def _end_within(seconds: float, remove: Callable[[], None]) -> None:
    """Ends this process, and its boxes with it, if runs that are under way take longer."""

    def end() -> None:
        remove()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise UserError(f"port {port} of {host} {what}; choose another with --port") from None


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
