"""How much memory one run may take, and whether the kernel has ended a process because there was none left."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

from ..formats.sandbox.limited_fork import writable

#: Of 1,000: a run is ended before databases and web servers, and after a process that reads one file.
_BADNESS = "500"
#: The limits of this process, soft and hard, before it was given its own.
_before: tuple[int, int] | None = None


def limit_run(most: int) -> None:
    """Limit the writable memory of this process, beyond what it has now, to ``most`` bytes; 0 sets no limit.

    A limit of the process itself makes a `MemoryError` of what would otherwise be a kill, and needs no rights over
    control groups. Only the soft limit is set: the processes that read files have hard ones of their own.
    """
    global _before  # noqa: PLW0603 (one run to a process)
    if most:
        _before = _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = writable() + most
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_BADNESS, encoding="ascii")


def lift() -> None:
    """Take the limit back, so that a run that has reached it can undo what it did and tell its end."""
    if _before:
        resource.setrlimit(resource.RLIMIT_DATA, _before)


def kills() -> int | None:
    """Return how many processes of this machine the kernel has ended for want of memory; None where it does not say.

    Those that a control group's limit ended are among them.
    """
    try:
        counters = dict(line.split() for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines())
        return int(counters["oom_kill"])
    except (OSError, KeyError, ValueError):
        return None
