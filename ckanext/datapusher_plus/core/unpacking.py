"""How many bytes a compressed file may unpack to, whether the publisher or a server has compressed it."""

from __future__ import annotations

#: Tables shrink to a hundredth at best; a file that unpacks to more than twice that is a mistake or an attack …
_RATIO = 200
#: … unless it is small enough to do no harm.
_HARMLESS = 250_000_000


def most_unpacked(packed: int) -> int:
    """Return how many bytes may be unpacked from ``packed`` bytes."""
    return max(_HARMLESS, _RATIO * packed)
