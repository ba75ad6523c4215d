"""The memory limit of a run, and whether the kernel has killed a process because memory ran out."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

from ..formats.sandbox.limited_fork import writable

#: Out of 1,000: the kernel kills a run before databases and web servers, and after a process that reads one file.
_BADNESS = "500"
#: The soft and hard limit of this process before ``limit_run``.
_before: tuple[int, int] | None = None


def limit_run(most: int) -> None:
    """Limit the writable memory of this process to what it has now plus ``most`` bytes; 0 sets no limit.

    With a limit of the process itself a run gets a `MemoryError` instead of being killed, and it needs no rights over
    control groups. Only the soft limit is set: the processes that read files have their own hard limits.
    """
    global _before  # noqa: PLW0603 (one run at a time)
    if most:
        _before = _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = writable() + most
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_BADNESS, encoding="ascii")


def lift() -> None:
    """Restore the limit that was before, so that a run that has reached its own can roll back and write its end."""
    if _before:
        resource.setrlimit(resource.RLIMIT_DATA, _before)


def kills() -> int | None:
    """Return how many processes of this machine the kernel has killed because memory ran out; None where it is unknown.

    Processes that a control group's limit killed are counted too.
    """
    try:
        counters = dict(line.split() for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines())
        return int(counters["oom_kill"])
    except (OSError, KeyError, ValueError):
        return None
