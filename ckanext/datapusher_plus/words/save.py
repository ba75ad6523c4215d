"""Save an editor's description of a column, unless somebody else has it or has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import IngestError
from ..datastore import comments
from . import queue
from .registry import Column
from .screen import entries


class ColumnClaimed(Exception):
    """Another user has the column on the screen."""


class ColumnChanged(Exception):
    """The column was described meanwhile."""

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__(now)
        self.now = now


class ColumnGone(Exception):
    """The table does not have the column any more."""


def check(column: Column, user_id: str, wanted: Mapping[str, str]) -> None:
    """Check that a user may still write ``wanted`` to a column's Data Dictionary.

    Whoever claimed the column last has seen what it has; everybody else may only fill what is empty.

    :raises ColumnClaimed, ColumnChanged, ColumnGone: when not; nothing may be written then.
    :raises IngestError: when the datastore does not answer.
    """
    holder = queue.holder(column.id)
    if holder and holder[0] != user_id and holder[1]:
        raise ColumnClaimed
    try:
        live = comments.of_name(column.name, [column.resource_id])
    except IngestError:
        queue.release(column.id, user_id)
        raise
    if column.resource_id not in live:
        raise ColumnGone
    now = entries(live[column.resource_id])
    if holder and holder[0] == user_id:
        return
    if any(now.get(key) and now[key] != text for key, text in wanted.items()):
        raise ColumnChanged({key: text for key, text in now.items() if text})
