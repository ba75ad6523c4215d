"""Choose which of a file's layers is the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core import how_to_read
from ...core.errors import NothingToLoad
from ...core.message import join, quoted, say
from ...core.parts import called
from ...core.values import Log


def choose(names: Sequence[str], wanted: str, filled: Callable[[int], bool], log: Log) -> int:
    """Return the index of the layer that is the table, and log the others.

    :param names: names of all layers.
    :param wanted: name or number of a layer; if empty, the first layer that is not empty is chosen.
    :param filled: returns whether the layer with this index has content.
    :raises NoSuchSheet: when no layer has that name or number.
    :raises NothingToLoad: when all layers are empty.
    """
    if wanted:
        chosen = called(names, wanted)
    else:
        chosen = next((position for position in range(len(names)) if filled(position)), -1)
        if chosen < 0:
            raise NothingToLoad(say("has no layer with anything in it"))
    others = [name for position, name in enumerate(names) if position != chosen]
    if others:
        listed = quoted(others, 20)
        said = say("The layer “{name}” was read; the file also has {others}.", name=names[chosen], others=listed)
        log.info(join((said, how_to_read.SHEET)))
    return chosen
