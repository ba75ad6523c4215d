"""Replace this process by a program within limits that the kernel enforces.

``qsv_process`` starts this file as a script of an isolated Python: it imports nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

#: prctl(2) option: the signal sent to this process when its parent dies
_PR_SET_PDEATHSIG = 1
#: seconds of processor time after the limit, when the kernel kills a process that SIGXCPU has not ended
_THEN_KILLED = 5


def main(parent: int, memory: int, seconds: int, written: int, program: list[str]) -> None:
    """Limit this process and run the program in it.

    :param parent: id of the process that started this one; the program dies with it.
    :param memory: bytes of address space.
    :param seconds: seconds of processor time.
    :param written: bytes of each file that it writes.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")
    for kind, wanted in (
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_CPU, (seconds, seconds + _THEN_KILLED)),
        (resource.RLIMIT_FSIZE, (written, written)),
        (resource.RLIMIT_AS, (memory, memory)),
    ):
        hard = resource.getrlimit(kind)[1]
        most = max(wanted) if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(kind, (min(wanted[0], most), min(wanted[1], most)))
    os.execv(program[0], program)  # noqa: S606 (the program that the site names, without a shell)


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:5]), program=sys.argv[5:])
