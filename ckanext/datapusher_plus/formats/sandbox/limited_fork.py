"""Read untrusted text in a forked process whose memory and processor time the kernel limits.

Only Python code reads text; unlike native code (``sandboxed``) it can do no harm except use too much. A fork has all
modules loaded already and starts within milliseconds, and the run that waits for it stays small for any file.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ...core import errors
from ...core.errors import IngestError, ReaderDied, Skipped, TooMuchMemory, TooMuchTime
from ...core.reader_limits import MOST_MEMORY, most_seconds
from ...core.values import Log

#: seconds of processor time after the limit, when the kernel kills a process that SIGXCPU has not ended
_THEN_KILLED = 5
#: prctl(2) option: the signal sent to this process when its parent dies
_PR_SET_PDEATHSIG = 1

T = TypeVar("T")
_log = logging.getLogger(__name__)
_libc = ctypes.CDLL(None)


def limited(read: Callable[[Log], T], log: Log, *, size: int) -> T:
    """Call ``read`` in a forked process, with a log that writes to ``log``, and return its result.

    :param size: bytes of the file; the time limit depends on it.
    :raises TooMuchMemory: when the process takes more than ``MOST_MEMORY``.
    :raises TooMuchTime: when it takes more processor time than ``most_seconds``.
    :raises ReaderDied: when it ends with an unexpected error; the traceback is in the worker's log.
    :raises IngestError, Skipped: when ``read`` raises them.
    """
    seconds = most_seconds(size)
    receiver, sender = Pipe(duplex=False)
    with receiver:
        child = _fork()
        if child == 0:
            _carry_out(read, sender, seconds)
        sender.close()
        ended = False
        try:
            done = list(_result(receiver, log))
            ended = True
        finally:
            if not ended:
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
    if not done:
        explain("", os.waitstatus_to_exitcode(status), seconds)
    return done[0]


def _fork() -> int:
    parent = os.getpid()
    with warnings.catch_warnings():
        # the warning is about locks of other threads; the child takes none: it only reads and writes files, then ends
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return child


def _result(receiver: Connection, log: Log) -> Iterator[Any]:
    """Pass the process's log entries on, and yield its result if it has one.

    :raises IngestError, Skipped: when the process raised them.
    """
    with suppress(EOFError):
        while True:
            kind, *values = receiver.recv()
            if kind == "done":
                yield values[0]
            elif kind == "failed":
                raise remade(*values)
            elif kind == "broke":
                _log.error("A file could not be read: %s", *values)
            else:
                getattr(log, kind)(*values)


def remade(name: str, message: str, about: dict[str, Any]) -> IngestError | Skipped:
    """Return the error that a process ended with, without calling its class, which takes other arguments."""
    kind = getattr(errors, name)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    vars(error).update(about)
    return error


def explain(what: str, code: int, seconds: int) -> NoReturn:
    """Raise the error for a reader that ended without a result, by its exit status.

    :param what: name of the format; empty for text.
    :raises TooMuchTime: when SIGXCPU ended it.
    :raises TooMuchMemory: when it was killed: the machine or the worker's control group ran out of memory.
    :raises ReaderDied: in any other case.
    """
    if -code == signal.SIGXCPU:
        raise TooMuchTime(what, seconds)
    # killed by the kernel: the machine or the worker's control group is out of memory
    if -code == signal.SIGKILL:
        raise TooMuchMemory(what, MOST_MEMORY)
    _log.error("The reader of a %s file ended with status %s.", what or "text", code)
    raise ReaderDied(what)


class PipeLog:
    """The run's log in the child process: each call is sent through a pipe.

    :param say: sends one message: a name, of a method of the log or of a kind of ending, and its arguments.
    """

    def __init__(self, say: Callable[[tuple[Any, ...]], None]) -> None:
        self.say = say

    def debug(self, message: str) -> None:
        self.say(("debug", message))

    def info(self, message: str) -> None:
        self.say(("info", message))

    def warning(self, message: str) -> None:
        self.say(("warning", message))

    def error(self, message: str) -> None:
        self.say(("error", message))

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.say(("progress", stage, done, total))


def _carry_out(read: Callable[[Log], object], sender: Connection, seconds: int) -> NoReturn:
    """Run ``read`` and exit at once, without running the exit handlers inherited from the parent."""
    code = 1
    try:
        _let_go(besides=sender.fileno())
        gc.disable()
        limit(memory=writable() + MOST_MEMORY, seconds=seconds)
        sender.send(_outcome(read, PipeLog(sender.send)))
        code = 0
    finally:
        os._exit(code)


def _outcome(read: Callable[[Log], object], log: Log) -> tuple[Any, ...]:
    """Return the last message; the memory that ``read`` took is free again when it is sent."""
    try:
        return "done", read(log)
    except (IngestError, Skipped) as error:
        ended = error.with_traceback(None)
    except MemoryError:
        ended = TooMuchMemory("", MOST_MEMORY)
    except Exception:  # noqa: BLE001 (the worker's log has it)
        return "broke", traceback.format_exc()
    return "failed", type(ended).__name__, ended.message, vars(ended)


def _let_go(*, besides: int) -> None:
    """Close inherited files, so that a dying run's database lock is not kept by this copy of its connection."""
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, signal.SIG_DFL)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != besides:
            with suppress(OSError):
                os.close(int(name))


def writable() -> int:
    """Return the bytes of writable memory that this process has (``data`` in /proc/self/statm)."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")


def limit(*, memory: int, seconds: int, written: int | None = None) -> None:
    """Limit this process irreversibly, and make it the first that the kernel kills when memory runs out.

    :param memory: bytes of writable memory.
    :param seconds: seconds of processor time.
    :param written: bytes of each file that it writes; None for no limit.
    """
    limits = {
        resource.RLIMIT_DATA: (memory, memory),
        resource.RLIMIT_CPU: (seconds, seconds + _THEN_KILLED),
        resource.RLIMIT_CORE: (0, 0),
    }
    if written is not None:
        limits[resource.RLIMIT_FSIZE] = (written, written)
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        most = max(wanted) if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(kind, (min(wanted[0], most), min(wanted[1], most)))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
