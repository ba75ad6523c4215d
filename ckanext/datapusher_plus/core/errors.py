"""Everything that can end a run, one tree.

IngestError
├── Terminal        trying again cannot help: the file, the request or the site must change
│   ├── NotFetched, FileTooLarge, AddressRefused, TooManyRedirects, UploadMissing, UploadUnreadable
│   ├── UnsupportedFormat, NotText, WrongEncoding, RaggedRow, BadQuoting, EngineFailed
│   ├── TooManyColumns, ValueDoesNotFit, UniqueKeyBroken, DependentViewBroken, TriggerFailed
│   ├── StashFailed, ResourceGone, RowsLost, DatastoreRefused
└── Transient       the same request may succeed later
    ├── FetchInterrupted, DatastoreBusy, DatastoreGone, LockLost

A class writes its own message from typed arguments: one sentence that says what is wrong, where, and
what to do. The message is shown to publishers; it carries no traceback, no token and no server path.
"""

from __future__ import annotations


class IngestError(Exception):
    """A run cannot go on; ``str(error)`` is the sentence for the publisher."""


class Terminal(IngestError):
    """Trying again with the same input gives the same result."""


class Transient(IngestError):
    """The same request may succeed later."""


# -- fetching ---------------------------------------------------------------------------------------


class NotFetched(Terminal):
    """The server answered, but not with the file."""

    def __init__(self, address: str, status: int) -> None:
        super().__init__(
            f"{address} answered {status}, so there was no file to load. "
            "Check the resource's link, or upload the file instead."
        )
        self.status = status


class FetchInterrupted(Transient):
    """The address could not be reached or went silent."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"The file could not be fetched from {address}: {why}. "
            "Check that the link opens, then load again from the DataStore tab."
        )


class TooManyRedirects(Terminal):
    """The address leads from one to another without end."""

    def __init__(self, address: str, hops: int) -> None:
        super().__init__(
            f"{address} redirected {hops} times without reaching a file. "
            "Put the file's final address into the resource's link."
        )


class AddressRefused(Terminal):
    """The address must not be fetched by a server (scheme, or a private network)."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"{address} was not fetched because {why}. Use a public http or https address, or upload the file instead."
        )


class FileTooLarge(Terminal):
    """More bytes than ``max_content_length`` allows."""

    def __init__(self, limit: int, seen: int | None = None) -> None:
        size = f"has {seen:,} bytes" if seen is not None else "is larger than allowed"
        super().__init__(
            f"The file {size}; this site loads at most {limit:,} bytes. "
            "Split the file, or ask the site's administrator to raise max_content_length."
        )


class UploadMissing(Terminal):
    """CKAN knows of an uploaded file that its storage does not have."""

    def __init__(self) -> None:
        super().__init__("The uploaded file is not in this site's storage. Upload it again.")


class UploadUnreadable(Terminal):
    """CKAN keeps uploaded files where the worker cannot read them."""

    def __init__(self, storage: str) -> None:
        super().__init__(
            f"The uploaded file is kept by {storage}, which the worker cannot read from. "
            "Ask the site's administrator to give the worker the site's storage, or publish the file by a link."
        )


# -- reading ----------------------------------------------------------------------------------------


class UnsupportedFormat(Terminal):
    """No registered format reads such a file."""

    def __init__(self, name: str, supported: tuple[str, ...]) -> None:
        super().__init__(
            f"A file of format {name or 'unknown'} cannot be loaded into the datastore. "
            f"Use one of {', '.join(supported)}, or correct the resource's format."
        )


class NotText(Terminal):
    """The bytes are not a text table at all."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The file is {what}, not a table of text. Upload a CSV or TSV file, or correct the resource's format."
        )


class WrongEncoding(Terminal):
    """The bytes do not decode in the encoding they seem to have."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(
            f"Line {line:,} is not valid {encoding}, so its letters cannot be read safely. "
            "Save the file as UTF-8 and upload it again."
        )


class RaggedRow(Terminal):
    """A row has more or fewer fields than the header."""

    def __init__(self, line: int, found: int, expected: int, rows: int = 1) -> None:
        more = f" ({rows:,} rows in all are like that)" if rows > 1 else ""
        super().__init__(
            f"Line {line:,} has {found:,} fields where the header has {expected:,}{more}. "
            "Look for a missing or an unquoted separator there, correct the file and upload it again."
        )


class BadQuoting(Terminal):
    """A quoted value never ends or is followed by stray text."""

    def __init__(self, line: int) -> None:
        super().__init__(
            f"A quoted value that begins at line {line:,} is not closed properly. "
            "Close it, or double the quotes inside it, and upload the file again."
        )


class TooManyColumns(Terminal):
    """More columns than a PostgreSQL table can hold."""

    def __init__(self, columns: int, limit: int) -> None:
        super().__init__(
            f"The file has {columns:,} columns; a datastore table holds at most {limit:,}. "
            "Split it, or turn columns into rows."
        )


class ValueDoesNotFit(Terminal):
    """A value cannot be cast to the type that the Data Dictionary demands."""

    def __init__(self, column: str, value: str, pg_type: str, row: int | None = None) -> None:
        where = f"row {row:,}, column “{column}”" if row is not None else f"column “{column}”"
        super().__init__(
            f"In {where} the value “{value}” is no {pg_type}, which the Data Dictionary asks for. "
            "Correct the value, or change the column's type in the Data Dictionary."
        )


class EngineFailed(Terminal):
    """The analysis engine cannot answer, although the file passed every check."""

    def __init__(self, engine: str, task: str) -> None:
        super().__init__(
            f"The analysis engine {engine} could not {task}. Tell the site's administrator, whose log has the reason."
        )


# -- writing ----------------------------------------------------------------------------------------


class UniqueKeyBroken(Terminal):
    """The table's unique key does not hold in the new file."""

    def __init__(self, columns: tuple[str, ...], value: str) -> None:
        super().__init__(
            f"The table's unique key ({', '.join(columns)}) does not hold in the new file: {value} appears more than "
            "once. Remove the duplicates, or take the key off the table."
        )


class TriggerFailed(Terminal):
    """A trigger that somebody put on the table refuses the new rows."""

    def __init__(self, triggers: tuple[str, ...], why: str) -> None:
        super().__init__(
            f"A trigger of the table ({', '.join(triggers)}) refuses the new rows: {why}. "
            "Correct the file or the trigger's function, or take the trigger off the table."
        )


class DependentViewBroken(Terminal):
    """A database view built by hand cannot be rebuilt on the new table."""

    def __init__(self, view: str, why: str) -> None:
        super().__init__(
            f"The database view “{view}” uses this table and cannot be rebuilt on the new one ({why}). "
            "Ask the site's administrator to change or drop the view."
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

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"The file has {expected:,} rows but {found:,} arrived in the table, so it was not put in place. "
            "Load again; if it happens again, tell the site's administrator."
        )


class ResourceGone(Terminal):
    """The resource was deleted while its file was on the way."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"The resource {resource_id} no longer exists, so nothing was loaded.")


class DatastoreBusy(Transient):
    """Other sessions held the table for too long."""

    def __init__(self, waited: float) -> None:
        super().__init__(
            f"The table stayed in use by other queries for {waited:.0f} s, so the new one could not be put in place. "
            "Nothing was changed; load again from the DataStore tab."
        )


class DatastoreGone(Transient):
    """The datastore's database is not there."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The datastore's database could not be used ({why}). "
            "Nothing was changed; load again once the database is back."
        )


class DatastoreRefused(Terminal):
    """The datastore's database understood, and said no."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The datastore's database refused the table ({why}). "
            "Nothing was changed; ask the site's administrator to look at the worker's log."
        )


class LockLost(Transient):
    """The connection that holds the resource's lock is gone, so another run may have started."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            f"The lock on resource {resource_id} was lost with its database connection. "
            "Nothing was changed; load again from the DataStore tab."
        )


class Skipped(Exception):  # noqa: N818 (not an error: a documented way to end well)
    """There is nothing to load, and that is all right; ``str()`` says why."""


class NothingToLoad(Skipped):
    """The file has no rows."""

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
