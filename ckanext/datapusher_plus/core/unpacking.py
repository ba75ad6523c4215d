"""How much may come out of what is compressed, whoever compressed it."""

from __future__ import annotations

#: Tables shrink to a hundredth at most; what unpacks to more than twice that is a mistake or an attack …
_RATIO = 200
#: … unless it is small enough to do no harm.
_HARMLESS = 250_000_000


def most_unpacked(packed: int) -> int:
    """Return how many bytes may be unpacked from so many."""
    return max(_HARMLESS, _RATIO * packed)
