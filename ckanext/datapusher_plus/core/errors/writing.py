"""Errors of tables and Data Dictionaries that could not be written."""

from __future__ import annotations

from .base import Terminal, Transient


class UniqueKeyBroken(Terminal):
    """The new file has duplicates in the table's unique key.

    :param rows: the first row that repeats a key, and the row that it repeats, from 1 below the header.
    """

    def __init__(self, columns: tuple[str, ...], value: str, rows: tuple[int, int] | None = None) -> None:
        where = f" (row {rows[0]:,} repeats row {rows[1]:,})" if rows else ""
        self.why = f"{value} appears more than once{where}"
        super().__init__(
            f"The table's unique key ({', '.join(columns)}) does not hold in the new file: {self.why}. "
            "Remove the duplicates, or take the key off the table."
        )


class RowTooLarge(Terminal):
    """A row is larger than PostgreSQL can store, index or search."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"A row is more than the database can hold ({why}). Publish the table in parts with fewer columns, or with "
            "shorter values."
        )


class TriggerFailed(Terminal):
    """A trigger that a person or plugin created on the table refuses the new rows."""

    def __init__(self, triggers: tuple[str, ...], why: str) -> None:
        super().__init__(
            f"A trigger of the table ({', '.join(triggers)}) refuses the new rows: {why}. "
            "Correct the file or the trigger's function, or take the trigger off the table."
        )


class DependentViewBroken(Terminal):
    """A view or another object that a person built on the table cannot be rebuilt on the new one."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"In the database “{name}” is built on this table and cannot be rebuilt on the new one ({why}). "
            "Ask the site's administrator to change or drop it."
        )


class StashFailed(Terminal):
    """The Data Dictionary could not be written to disk before a destructive step."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The Data Dictionary could not be saved before replacing the table ({why}), so nothing was changed. "
            "Ask the site's administrator to check dictionary_stash_dir."
        )


class RowsLost(Terminal):
    """The table does not hold as many rows as the file."""

    is_public = True

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"The file has {expected:,} rows but {found:,} arrived in the table, so it was not put in place. "
            "Load again; if it happens again, tell the site's administrator."
        )


class ResourceGone(Terminal):
    """The resource or its dataset was deleted before its load had ended."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            f"The resource {resource_id} or its dataset has been deleted, so nothing was loaded and no table is kept."
        )


class TableRemoved(Terminal):
    """Somebody deleted or replaced the new table before its load had ended."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            "Somebody deleted this table, or made another one in its place, before the load had ended. "
            "If that was a mistake, load again from the DataStore tab."
        )


class DatastoreBusy(Transient):
    """Other sessions held the table for too long."""

    is_public = True

    def __init__(self, waited: float = 0) -> None:
        """Make the error.

        :param waited: seconds that the run waited, 0 when it is not known.
        """
        how_long = f" for {waited:.0f} s" if waited else ""
        super().__init__(
            f"The table stayed in use by other queries{how_long}, so the new one could not be put in place."
        )


class DatastoreGone(Transient):
    """The datastore's database cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The datastore's database could not be used ({why}).",
            "Load again from the DataStore tab once the database is back.",
        )


class DatastoreRefused(Terminal):
    """The datastore's database answered, and refused the table."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The datastore's database refused the table ({why}). "
            "Nothing was changed; ask the site's administrator to look at the worker's log."
        )


class TableTouched(Transient):
    """A table was changed by somebody else while rows were prepared to be appended to it."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed the table while new rows were made ready to be added to it, so none were; "
            "the next load takes the whole file."
        )


class LockLost(Transient):
    """The connection that holds the resource's lock is gone, so another run may have started."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"The lock on resource {resource_id} was lost with its database connection.")


class TableInUse(Transient):
    """A kept Data Dictionary cannot be restored or removed while a load or another change of the table is running."""

    def __init__(self) -> None:
        super().__init__(
            "A load or another change of this table is going on, so its Data Dictionary was left as it is.",
            "Try again when it has ended.",
        )


class StashUnreadable(Transient):
    """The Data Dictionaries that are kept on disk cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The folder in which Data Dictionaries are kept cannot be read ({why}), so nothing was changed.",
            "Ask the site's administrator to check dictionary_stash_dir.",
        )
