"""Errors of tables and Data Dictionaries that could not be written."""

from __future__ import annotations

from ..message import say
from .base import Terminal, Transient


class UniqueKeyBroken(Terminal):
    """The new file has duplicates in the table's unique key.

    :param rows: the first row that repeats a key, and the row that it repeats, from 1 below the header.
    """

    def __init__(self, columns: tuple[str, ...], value: str, rows: tuple[int, int] | None = None) -> None:
        if rows:
            self.why = say(
                "{value} appears more than once (row {row} repeats row {first})",
                value=value,
                row=rows[0],
                first=rows[1],
            )
        else:
            self.why = say("{value} appears more than once", value=value)
        super().__init__(
            say(
                "The table's unique key ({columns}) does not hold in the new file: {why}. Remove the duplicates, or "
                "take the key off the table.",
                columns=", ".join(columns),
                why=self.why,
            )
        )


class RowTooLarge(Terminal):
    """A row is larger than PostgreSQL can store, index or search."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "A row is more than the database can hold ({why}). Publish the table in parts with fewer "
                "columns, or with shorter values.",
                why=why,
            )
        )


class TriggerFailed(Terminal):
    """A trigger that a person or plugin created on the table refuses the new rows."""

    def __init__(self, triggers: tuple[str, ...], why: str) -> None:
        super().__init__(
            say(
                "A trigger of the table ({triggers}) refuses the new rows: {why}. Correct the file or the trigger's "
                "function, or take the trigger off the table.",
                triggers=", ".join(triggers),
                why=why,
            )
        )


class DependentViewBroken(Terminal):
    """A view or another object that a person built on the table cannot be rebuilt on the new one."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            say(
                "In the database “{name}” is built on this table and cannot be rebuilt on the new one ({why}). "
                "Ask the site's administrator to change or drop it.",
                name=name,
                why=why,
            )
        )


class StashFailed(Terminal):
    """The Data Dictionary could not be written to disk before a destructive step."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "The Data Dictionary could not be saved before replacing the table ({why}), so nothing was "
                "changed. Ask the site's administrator to check dictionary_stash_dir.",
                why=why,
            )
        )


class RowsLost(Terminal):
    """The table does not hold as many rows as the file."""

    is_public = True

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            say(
                "The file has {expected} rows but {found} arrived in the table, so it was not put in place. Load "
                "again; if it happens again, tell the site's administrator.",
                expected=expected,
                found=found,
            )
        )


class ResourceGone(Terminal):
    """The resource or its dataset was deleted before its load had ended."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            say(
                "The resource {resource_id} or its dataset has been deleted, so nothing was loaded and no table "
                "is kept.",
                resource_id=resource_id,
            )
        )


class NothingToUndo(Terminal):
    """The table from before the last load is gone."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            say(
                "There is no earlier table any more that could be brought back. The table was left as it was. To have "
                "an earlier file in the table, upload that file."
            )
        )


class TableRemoved(Terminal):
    """Somebody deleted or replaced the new table before its load had ended."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            say(
                "Somebody deleted this table, or made another one in its place, before the load had ended. If "
                "that was a mistake, load again from the DataStore tab."
            )
        )


class DatastoreBusy(Transient):
    """Other sessions held the table for too long."""

    is_public = True

    def __init__(self, waited: float = 0) -> None:
        """Make the error.

        :param waited: seconds that the run waited, 0 when it is not known.
        """
        if waited:
            what = say(
                "The table stayed in use by other queries for {waited} s, so the new one could not be put in place.",
                waited=round(waited),
            )
        else:
            what = say("The table stayed in use by other queries, so the new one could not be put in place.")
        super().__init__(what)


class DatastoreGone(Transient):
    """The datastore's database cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say("The datastore's database could not be used ({why}).", why=why),
            say("Load again from the DataStore tab once the database is back."),
        )


class DatastoreRefused(Terminal):
    """The datastore's database answered, and refused the table."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "The datastore's database refused the table ({why}). Nothing was changed; ask the site's "
                "administrator to look at the worker's log.",
                why=why,
            )
        )


class TableTouched(Transient):
    """A table was changed by somebody else while rows were prepared to be appended to it."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            say(
                "Somebody changed the table while new rows were made ready to be added to it, so none were; the "
                "next load takes the whole file."
            )
        )


class LockLost(Transient):
    """The connection that holds the resource's lock is gone, so another run may have started."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            say("The lock on resource {resource_id} was lost with its database connection.", resource_id=resource_id)
        )


class TableInUse(Transient):
    """A kept Data Dictionary cannot be restored or removed while a load or another change of the table is running."""

    def __init__(self) -> None:
        super().__init__(
            say("A load or another change of this table is going on, so its Data Dictionary was left as it is."),
            say("Try again when it has ended."),
        )


class StashUnreadable(Transient):
    """The Data Dictionaries that are kept on disk cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "The folder in which Data Dictionaries are kept cannot be read ({why}), so nothing was changed.",
                why=why,
            ),
            say("Ask the site's administrator to check dictionary_stash_dir."),
        )
