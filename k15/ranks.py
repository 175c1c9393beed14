"""The ranks of a stage: torchrun's processes, one of which leads; started on this machine where nobody else has.

Guarantees: a rank ends with torchrun, even when that is killed; of ranks that fail, the first says why, in one line,
and the others end in silence; none waits for collectives once it has failed. Not guaranteed: silence and exit code of a
torchrun that was started by hand, which adds its own account of a failure and exits with 1.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

from k15.lifetime import end_with

_LAUNCHER = "K15_LAUNCHER"
_TORCHRUNS = ("LOCAL_", "GROUP_", "ROLE_", "MASTER_", "TORCHELASTIC_")
_TERMINATED = 128 + signal.SIGTERM
_PATIENCE_S = 5.0
"""How long a rank that lost another one waits for word of what became of it; torchrun looks ten times a second."""


def count() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def leads() -> bool:
    """Whether this rank writes and speaks for all of them."""
    return os.environ.get("RANK", "0") == "0"


def started() -> bool:
    """Whether this process is one of torchrun's."""
    return "RANK" in os.environ or count() > 1


def without() -> dict[str, str]:
    """The environment without what makes a process a rank: for children, which are none."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("RANK", "WORLD_SIZE", _LAUNCHER) and not name.startswith(_TORCHRUNS)
    }


def launch(number: int) -> tuple[int, str]:
    """This command line again, as `number` ranks on this machine: its exit code, and a line where no rank gave one."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.disable()  # torchrun's account of a failure: a rank has given its own
    os.environ[_LAUNCHER] = str(os.getpid())
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) // number)))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # a machine's name need not lead to it
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # and no name server need know it
    with tempfile.TemporaryDirectory(prefix="k15-ranks-") as logs:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=number,
            run_id=f"k15-{os.getpid()}",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=logs),
        )
        try:
            elastic_launch(config, sys.executable)(*sys.orig_argv[1:])
        except SignalException as ended:
            word = "interrupted" if ended.sigval == signal.SIGINT else "terminated"
            return 128 + ended.sigval, word
        except ChildFailedError as failed:
            return _verdict({rank: failure.exitcode for rank, failure in failed.failures.items()})
    return 0, ""


def _verdict(codes: Mapping[int, int]) -> tuple[int, str]:
    """Ranks that failed by themselves end with the code of the first, which has spoken; torchrun has ended the others,
    which say nothing."""
    ended = (-signal.SIGTERM, _TERMINATED)
    if spoken := [code for code in codes.values() if code > 0 and code != _TERMINATED]:
        return spoken[0], ""
    rank, code = min(codes.items(), key=lambda one: one[1] in ended)
    name = signal.Signals(signal.SIGTERM if code in ended else -code).name
    return 2, f"error: rank {rank} was ended by {name}, perhaps for want of memory; run it again"


def end_with_torchrun() -> None:
    """Call it early: ranks have sessions of their own, which no signal to torchrun's reaches."""
    end_with(int(os.environ.get(_LAUNCHER, os.getppid())))


def leave() -> None:
    """For `atexit`: gloo's threads end before the interpreter does. One that lets go of a tensor later aborts the
    process, however well all went. Threads of groups that somebody still refers to stay."""
    from megatron.core import parallel_state
    from torch import distributed

    parallel_state.destroy_model_parallel()
    gc.collect()  # models refer to groups
    if distributed.is_initialized():
        distributed.destroy_process_group()


def end_at_once(code: int) -> None:
    """For a rank that failed. The interpreter's own end, and `leave`, wait for collectives that have begun, and the
    other ranks of these may wait for this one."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_initialized() or distributed.get_world_size() == 1:
        return
    atexit.unregister(leave)
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


@contextmanager
def undisturbed() -> Iterator[None]:
    """From the claim to be the first that failed to the words that say why: torchrun ends this rank as soon as another
    one has left, in silence."""
    if count() == 1:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def lost_another(error: Exception) -> bool:
    """Whether this is how a collective ends when another rank has gone."""
    if count() == 1 or not isinstance(error, RuntimeError):
        return False
    from torch.distributed import DistError

    return isinstance(error, DistError) or "gloo" in str(error)


def first_to_fail(code: int, wait: bool = False) -> tuple[bool, int]:
    """For a rank that ends with an error: whether it is the first, which says so, and the exit code of the first, with
    which all end. `wait`: give the others time."""
    if count() == 1 or "MASTER_PORT" not in os.environ:
        return leads(), code
    from torch.distributed import TCPStore

    key = f"k15/failed/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    own = f"{os.environ.get('RANK', '0')} {code}"
    until = time.monotonic() + (_PATIENCE_S if wait else 0)
    with suppress(RuntimeError):  # the store is torchrun's, or the leader's, and may have gone with it
        store = TCPStore(
            os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), timeout=timedelta(seconds=_PATIENCE_S)
        )
        while time.monotonic() < until and not store.check([key]):
            time.sleep(0.1)
        first = store.compare_set(key, "", own).decode()
        return first == own, int(first.split()[1])
    return leads(), code
