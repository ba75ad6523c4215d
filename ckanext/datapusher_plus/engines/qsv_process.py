"""Run qsv: within limits, in an empty environment, in a session of its own, with its answer in a file.

qsv 25 or newer is run by ``qsv_client``, the client of qsv's authors, if that is installed; older ones by ``_alone``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from .. import waits
from ..core.reader_limits import MOST_MEMORY, most_seconds
from . import limited_exec

#: names of the program, which differ in the commands that they have; all have those that are run here
NAMES = ("qsv", "qsvdp", "qsvlite", "qsvmcp")
#: oldest version that has the options used here
OLDEST = (16, 1)
#: oldest version that ``qsv_client`` can run
_OLDEST_FOR_CLIENT = (25, 0)
#: an answer has each distinct value with its count, share and rank; this many times the file, and at least the second
_LONGEST_ANSWER, _LEAST_ANSWER = 20, 64 << 20
_MOST_SAID = 4000


class QsvUnusable(Exception):
    """There is no qsv that can be run; ``str()`` is a clause about it."""

    def __init__(self, what: str, *, broken: bool = False) -> None:
        super().__init__(what)
        #: there is one, but it does not run
        self.broken = broken


class QsvFailed(Exception):
    """A qsv process did not answer; ``str()`` is for the worker's log."""

    def __init__(self, what: str, *, memory: bool = False, clue: str = "") -> None:
        super().__init__(what)
        #: it needed more memory than it may have
        self.memory = memory
        #: a clause for the publisher, if there is something to say
        self.clue = clue


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A qsv that can be run."""

    path: str
    #: as it calls itself, such as "qsvlite 16.1.0"
    title: str
    version: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process may take."""

    #: bytes of address space
    memory: int = MOST_MEMORY
    #: seconds of processor time
    seconds: int
    #: bytes of each file that it writes
    written: int = _LEAST_ANSWER
    #: seconds until it must have ended; None: more than the processor time, as other processes want the cores, too
    patience: float | None = None


def limits_for(size: int, memory: int = MOST_MEMORY, seconds: float | None = None) -> Limits:
    """Return the limits of a process that reads a file of ``size`` bytes.

    :param seconds: until it must have ended; None: four times the processor time that it may have.
    """
    written = max(_LEAST_ANSWER, _LONGEST_ANSWER * size)
    return Limits(memory=memory, seconds=most_seconds(size), written=written, patience=seconds)


def usable(named: str) -> Program:
    """Return the qsv of the option ``qsv_bin``, or if that is empty the first one on the PATH.

    :raises QsvUnusable: when it is missing, does not run or is too old.
    """
    names = (named,) if named else NAMES
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise QsvUnusable(f"{named} is not a program that can be run" if named else "qsv is not installed")
    status = os.stat(path)
    program = _asked(os.path.abspath(path), status.st_mtime_ns, status.st_size)
    if program.version < OLDEST:
        raise QsvUnusable(f"{path} is {program.title}, and {'.'.join(map(str, OLDEST))} or newer is needed")
    return program


@lru_cache(maxsize=8)
def _asked(path: str, _changed: int, _size: int) -> Program:
    """Return what a program says about itself; the further arguments show when another one takes its place."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=waits.QSV_VERSION, check=True, env=_environment(Path("/"))
        )
    except subprocess.TimeoutExpired as error:
        raise QsvUnusable(f"{path} does not tell its version within {waits.QSV_VERSION} s", broken=True) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise QsvUnusable(f"{path} does not run: {error}", broken=True) from error
    said = done.stdout.decode("utf-8", "replace")
    found = re.search(r"^(qsv\w*) ([0-9]+)\.([0-9]+)[.0-9]*", said)
    if not found:
        raise QsvUnusable(f"{path} does not tell its version as qsv does", broken=True)
    return Program(path=path, title=found[0], version=(int(found[2]), int(found[3])))


def run(program: Program, arguments: Sequence[str], *, folder: Path, limits: Limits) -> Path:
    """Run a command of qsv, and return the file in ``folder`` with what it printed.

    :raises QsvFailed: when it does not answer.
    """
    numbers = (os.getpid(), limits.memory, limits.seconds, limits.written)
    command = [sys.executable, "-I", "-S", limited_exec.__file__, *map(str, numbers), program.path]
    answer = folder / "qsv.out"
    patience = limits.seconds * waits.QSV_SLOWNESS if limits.patience is None else limits.patience
    by_client = program.version >= _OLDEST_FOR_CLIENT and find_spec("qsv_client")
    (_by_client if by_client else _alone)(command, arguments, answer, patience)
    return answer


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process: no secret of the site, one thread, and files only in ``folder``."""
    return {
        "QSV_ERROR_FORMAT": "json",
        # without this, it reads settings from a file .env in the folder, or in one above
        "QSV_DOTENV_PATH": "<NONE>",
        # without this, a column of which every value is unique is not told
        "QSV_STATSCACHE_MODE": "none",
        "QSV_SKIP_FORMAT_CHECK": "1",
        "RAYON_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
    }


def _alone(command: Sequence[str], arguments: Sequence[str], answer: Path, seconds: float) -> None:
    complaints = answer.with_name("qsv.err")
    with answer.open("wb") as out, complaints.open("wb") as err:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=answer.parent,
            env=_environment(answer.parent),
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise _late(seconds) from error
        finally:
            _end(process)
    if code != 0:
        raise _failure(code, _end_of(complaints))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and every other one of its group."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=waits.QSV_END)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _end_of(file: Path) -> str:
    with file.open("rb") as said:
        said.seek(max(0, said.seek(0, os.SEEK_END) - _MOST_SAID))
        return said.read().decode("utf-8", "replace").strip()


def _failure(code: int, said: str) -> QsvFailed:
    # Rust aborts when an allocation fails; a kernel without memory kills; 4 is qsv's own code for a lack of memory
    memory = "memory allocation of" in said or code in (4, -signal.SIGKILL)
    return QsvFailed(f"qsv ended with status {code}: {said or 'it said nothing'}", memory=memory)


def _late(seconds: float) -> QsvFailed:
    return QsvFailed(f"qsv did not answer within {seconds:g} s", clue=f"that took longer than {seconds:,.0f} seconds")


def _by_client(command: Sequence[str], arguments: Sequence[str], answer: Path, seconds: float) -> None:
    import qsv_client  # pyright: ignore[reportMissingImports] (sites install it where they want it)

    # the client sets no limits, and takes one file for the program
    limited = answer.with_name("qsv.sh")
    limited.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    limited.chmod(0o700)
    try:
        client = qsv_client.Qsv(
            limited,
            inherit_env=False,
            env=_environment(answer.parent),
            cwd=answer.parent,
            kill_grace=waits.QSV_END,
        )
        client.run(*arguments, stdout_path=answer, timeout=seconds)
    except qsv_client.QsvTimeout as error:
        raise _late(seconds) from error
    except qsv_client.QsvError as error:
        raise _failure(error.exit_code, error.stderr[-_MOST_SAID:].strip() or str(error)) from error
