"""Reading a stranger's text in a forked process, whose memory and processor time the kernel limits.

Text is read by Python alone, which unlike native code (``sandboxed``) can do no more harm than take too much. A fork
has everything loaded already and begins within milliseconds, and the run that waits for it stays small whatever the
file holds.
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
from ...core.values import Log

#: bytes of writable memory; the worker and its run need about 200 MB of the 512 that a small machine has
MOST_MEMORY: int = 320 << 20
#: seconds of processor time for a small file, and bytes of a larger one for each second more: honest ones take a tenth
LEAST_SECONDS, BYTES_PER_SECOND = 60, 100_000
#: seconds of processor time after which the kernel kills a process that the signal at the limit has not ended
_THEN_KILLED = 5
#: number of the call by which a process is killed when the one that forked it dies (prctl(2))
_PR_SET_PDEATHSIG = 1

T = TypeVar("T")
_log = logging.getLogger(__name__)
_libc = ctypes.CDLL(None)


def most_seconds(size: int) -> int:
    """Return the seconds of processor time in which a file of so many bytes must be read."""
    return LEAST_SECONDS + size // BYTES_PER_SECOND


def limited(read: Callable[[Log], T], log: Log, *, size: int) -> T:
    """Return what ``read`` returns, which is called in a forked process and given a log that writes to ``log``.

    :param size: bytes of the file, which give it the time that it may take.
    :raises TooMuchMemory: when it takes more than ``MOST_MEMORY``.
    :raises TooMuchTime: when it takes more processor time.
    :raises ReaderDied: when it ends in an error that nobody expected; the worker's log has it.
    :raises IngestError, Skipped: as ``read`` does.
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
            done = list(_listened(receiver, log))
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
        # what is forked takes no lock that another thread might hold: it reads and writes files and ends
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return child


def _listened(receiver: Connection, log: Log) -> Iterator[Any]:
    """Pass on what the process says, and yield the result if it comes to one.

    :raises IngestError, Skipped: as the process did.
    """
    with suppress(EOFError):
        while True:
            word, *said = receiver.recv()
            if word == "done":
                yield said[0]
            elif word == "failed":
                raise remade(*said)
            elif word == "broke":
                _log.error("A file could not be read: %s", *said)
            else:
                getattr(log, word)(*said)


def remade(name: str, message: str, about: dict[str, Any]) -> IngestError | Skipped:
    """Return the error that a process ended with: its class writes messages from other arguments."""
    kind = getattr(errors, name)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    vars(error).update(about)
    return error


def explain(what: str, code: int, seconds: int) -> NoReturn:
    """Raise the error for a reader that ended without a result, with this exit status.

    :param what: the name of the format; empty for a text.
    """
    if -code == signal.SIGXCPU:
        raise TooMuchTime(what, seconds)
    # the machine, or the worker's control group, is out of memory
    if -code == signal.SIGKILL:
        raise TooMuchMemory(what, MOST_MEMORY)
    _log.error("The reader of a %s file ended with status %s.", what or "text", code)
    raise ReaderDied(what)


class Said:
    """The run's log, on the other side of a pipe.

    :param say: passes on a word, which is the name of a method of the log or tells the end, and what belongs to it.
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
    """Do it, and end this process without a look at anything that it has inherited."""
    code = 1
    try:
        _let_go(besides=sender.fileno())
        gc.disable()
        limit(memory=writable() + MOST_MEMORY, seconds=seconds)
        sender.send(_outcome(read, Said(sender.send)))
        code = 0
    finally:
        os._exit(code)


def _outcome(read: Callable[[Log], object], said: Log) -> tuple[Any, ...]:
    """Return the last word; memory that has run out is free again by then."""
    try:
        return "done", read(said)
    except (IngestError, Skipped) as error:
        ended = error.with_traceback(None)
    except MemoryError:
        ended = TooMuchMemory("", MOST_MEMORY)
    except Exception:  # noqa: BLE001 (the run tells of it)
        return "broke", traceback.format_exc()
    return "failed", type(ended).__name__, str(ended), vars(ended)


def _let_go(*, besides: int) -> None:
    """Close what is inherited: a run that dies lets go of its lock, which a copy of its connection would hold on to."""
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, signal.SIG_DFL)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != besides:
            with suppress(OSError):
                os.close(int(name))


def writable() -> int:
    """Return the bytes of writable memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")


def limit(*, memory: int, seconds: int, written: int | None = None) -> None:
    """Limit this process for good, and let the kernel end it before any other of the worker's.

    :param memory: bytes of writable memory.
    :param seconds: of processor time.
    :param written: bytes of a file that it writes.
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
