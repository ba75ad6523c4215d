"""The warnings of a load, from what is recorded of it and from its log."""

from __future__ import annotations

from collections.abc import Iterable


def merged(kept: Iterable[str], logged: Iterable[str], message: str | None) -> tuple[str, ...]:
    """Return the recorded warnings of a load, then the further ones of its log.

    :param message: the message of the run's end, which the last line of its log repeats.
    """
    return tuple(dict.fromkeys((*kept, *(line for line in logged if line != message))))
