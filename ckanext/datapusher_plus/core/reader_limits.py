"""How much memory and processor time a process may take that works on an untrusted file."""

from __future__ import annotations

#: bytes of writable memory; the worker and its run need about 200 MB of the 512 MB that a small machine has
MOST_MEMORY: int = 320 << 20
#: seconds of processor time for any file, and bytes of the file per further second: honest files take a tenth
LEAST_SECONDS, BYTES_PER_SECOND = 60, 100_000


def most_seconds(size: int) -> int:
    """Return the seconds of processor time allowed for a file of ``size`` bytes."""
    return LEAST_SECONDS + size // BYTES_PER_SECOND
