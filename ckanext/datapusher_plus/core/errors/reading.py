"""Errors of files that could not be read as a table."""

from __future__ import annotations

from ..quarantine import Rejected, Share, counted, counted_fields
from ..types.plain_names import plain_name
from .base import Terminal


class UnsupportedFormat(Terminal):
    """No registered format can read the file."""

    def __init__(self, name: str, supported: tuple[str, ...]) -> None:
        super().__init__(
            f"A file of format {name or 'unknown'} cannot be loaded into the datastore. "
            f"Use one of {', '.join(supported)}, or correct the resource's format."
        )


class NotText(Terminal):
    """The content is not a table: binary data, text without columns, or another kind of document."""

    def __init__(self, what: str, *, spreadsheet: bool = False) -> None:
        super().__init__(
            f"The file is {what}, which is not read. Open it in a spreadsheet program, save it as XLSX or CSV, "
            "and upload that."
            if spreadsheet
            else f"The file is {what}, not a table. "
            "Upload a table, such as a CSV or XLSX file, or correct the resource's format."
        )


class WrongEncoding(Terminal):
    """The bytes do not decode in the encoding they seem to have."""

    def __init__(self, encoding: str, line: int) -> None:
        self.gist = f"Line {line:,} is not valid in the encoding of the file."
        super().__init__(
            f"Line {line:,} is not valid {encoding}, so its letters cannot be read safely. "
            "Save the file as UTF-8, or name its encoding in the resource's field dpp_encoding."
        )


class RowsRefused(Terminal):
    """Too many rows cannot be loaded."""

    #: the list of these rows, if one was made
    rejected: Rejected | None = None


class RaggedRow(RowsRefused):
    """A row has more or fewer fields than the header, and too many rows cannot be loaded."""

    is_public = True

    def __init__(self, line: int, found: int, expected: int, share: Share | None = None) -> None:
        super().__init__(
            f"Line {line:,} has {counted_fields(found)} where the header has {expected:,}{_and(share)}. "
            f"Look for a missing or an unquoted separator there, correct the file and upload it again.{_setting(share)}"
        )


class BadQuoting(Terminal):
    """A quoted value never ends or is followed by stray text."""

    is_public = True

    def __init__(self, line: int) -> None:
        super().__init__(
            f"A quoted value that begins at line {line:,} is not closed properly. "
            "Close it, or double the quotes inside it, and upload the file again."
        )


class LineTooLong(Terminal):
    """A line is longer than a row can be."""

    is_public = True

    def __init__(self, line: int, limit: int) -> None:
        super().__init__(
            f"Line {line:,} has more than {limit:,} bytes, which is more than a row can have. See that each row of the "
            "file ends in a line break and that quotes are closed, or publish the longest values elsewhere."
        )


class TooManyColumns(Terminal):
    """More columns than a PostgreSQL table can hold."""

    is_public = True

    def __init__(self, columns: int, limit: int) -> None:
        super().__init__(
            f"The file has {counted(columns)} columns; a datastore table holds at most {limit:,}. "
            "Split it, or turn columns into rows."
        )


class ValueDoesNotFit(RowsRefused):
    """A value cannot be cast to the type that the Data Dictionary sets, and too many rows cannot be loaded.

    :param number: number of the row in the table, or of the ``unit`` in the published file; None when it is unknown.
    """

    def __init__(
        self,
        column: str,
        value: str,
        pg_type: str,
        number: int | None = None,
        unit: str = "row",
        share: Share | None = None,
    ) -> None:
        #: what the publisher can change in the Data Dictionary so that the value fits
        self.column, self.type = column, pg_type
        place = f"{unit} {number:,}" if number is not None else "a column"
        self.gist = f"In {place} a value is not of the type that the Data Dictionary asks for{_and(share)}."
        where = f"{unit} {number:,}, column “{column}”" if number is not None else f"column “{column}”"
        wrong = (
            f"is not {plain_name(pg_type)}, as the Data Dictionary asks for{_and(share)}. "
            f"Correct the value, or change the column's type in the Data Dictionary.{_setting(share)}"
        )
        self._without_value = f"In {where} the value {wrong}"
        super().__init__(f"In {where} the value “{value}” {wrong}")

    def hide_value(self) -> None:
        """Take the value out of the message, because it may be personal data."""
        self.args = (self._without_value,)


def _and(share: Share | None) -> str:
    return f"; {share}" if share else ""


def _setting(share: Share | None) -> str:
    """Return the sentence for the administrator, if another limit would have let the file be loaded."""
    limited = share is not None and share.rejected < share.total
    return " The site's administrator sets how many rows may be left out (max_quarantine_pct)." if limited else ""


class OwnFlowFailed(Terminal):
    """The function that ``prefect_flow`` names cannot be used, or has not done what it must.

    :param wrong: what it did, as the end of a sentence about it.
    """

    def __init__(self, name: str, wrong: str) -> None:
        super().__init__(
            f"This site's own flow {wrong}, so the file was not loaded. Tell the site's administrator: the option "
            f"prefect_flow names {name}."
        )


class EngineFailed(Terminal):
    """The analysis engine failed, although the file passed every check; the engine's own error is the cause.

    :param clue: a clause that says why, if that is known.
    """

    def __init__(self, clue: str = "") -> None:
        because = f" because {clue}" if clue else ""
        super().__init__(
            f"The worker could read the file, but not examine its values to choose the columns' types{because}. "
            "Load again; if it happens again, tell the site's administrator, who finds the reason in the worker's log."
        )
