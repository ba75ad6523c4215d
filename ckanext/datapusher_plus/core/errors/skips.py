"""There is nothing to load, and that is all right."""

from __future__ import annotations

from typing import ClassVar

from .base import Skipped


class NothingToLoad(Skipped):
    """The file has no rows."""

    warns: ClassVar[bool] = True

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The file {what}, so there was nothing to load and the table was left as it was. "
            "Upload a file with a header line and at least one row."
        )


class Unchanged(Skipped):
    """Same bytes, same settings, and the table is there."""

    def __init__(self) -> None:
        super().__init__("The file has not changed since it was last loaded, so the table was left as it is.")


class Vetoed(Skipped):
    """A plugin's ``can_upload`` said no."""

    def __init__(self, plugin: str) -> None:
        super().__init__(f"The plugin {plugin} declined this resource, so its file was not loaded.")


class DatastoreManaged(Skipped):
    """The rows are kept through the datastore API, not in a file."""

    def __init__(self, url_type: str) -> None:
        super().__init__(
            f"The rows of this resource are kept in the datastore itself ({url_type}), so no file is loaded over them."
        )


class DryRun(Skipped):
    """Only a look at the file was asked for."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__(
            f"Dry run: the file can be loaded as {rows:,} rows in {columns:,} columns. Nothing was written."
        )
