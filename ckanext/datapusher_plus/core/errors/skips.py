"""Reasons to skip a run: there is nothing to load, and that is not an error."""

from __future__ import annotations

from typing import ClassVar

from ..message import join, say
from .base import Skipped


class NothingToLoad(Skipped):
    """The file has no rows.

    :param what: a clause that says so of “the file”.
    """

    warns: ClassVar[bool] = True

    def __init__(self, what: str) -> None:
        super().__init__(
            say(
                "The file {what}, so there was nothing to load and the table was left as it was. "
                "Upload a file with a header line and at least one row.",
                what=what,
            )
        )


class Unchanged(Skipped):
    """The bytes and the settings are the same as in the last load, and the table exists."""

    def __init__(self, *, shown_again: bool = False) -> None:
        unchanged = say("The file has not changed since it was last loaded, so the table was left as it is.")
        again = say("The resource had lost its field datastore_active, so nobody saw the table; it is shown again.")
        super().__init__(join((unchanged, again)) if shown_again else unchanged)


class Undone(Skipped):
    """The load of this file was undone, and nobody has asked for it since."""

    def __init__(self) -> None:
        super().__init__(
            say(
                "The load of this file was undone, so it was not loaded again. It is loaded when it changes, or when "
                "somebody asks for it on the DataStore tab."
            )
        )


class Vetoed(Skipped):
    """A plugin's ``can_upload`` returned False."""

    def __init__(self, plugin: str) -> None:
        super().__init__(say("The plugin {plugin} declined this resource, so its file was not loaded.", plugin=plugin))


class DatastoreManaged(Skipped):
    """The rows come from the datastore API, not from a file."""

    def __init__(self, url_type: str) -> None:
        super().__init__(
            say(
                "The rows of this resource are kept in the datastore itself ({url_type}), so no file is loaded over "
                "them.",
                url_type=url_type,
            )
        )


class DryRun(Skipped):
    """The request was only to examine the file."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__(
            say(
                "Dry run: the file can be loaded. Rows: {rows}, columns: {columns}. Nothing was written.",
                rows=rows,
                columns=columns,
            )
        )
