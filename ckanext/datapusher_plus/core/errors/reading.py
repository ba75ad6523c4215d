"""Errors of files that could not be read as a table."""

from __future__ import annotations

from .. import how_to_read
from ..message import Message, join, say
from ..quarantine import Rejected, Share, counted, counted_fields, place_of
from ..types.plain_names import plain_name
from .base import Terminal


class UnsupportedFormat(Terminal):
    """No registered format can read the file."""

    def __init__(self, name: str, supported: tuple[str, ...]) -> None:
        super().__init__(
            say(
                "A file of format {name} cannot be loaded into the datastore. Use one of {formats}, or correct the "
                "resource's format.",
                name=name or say("unknown"),
                formats=", ".join(supported),
            )
        )


class NotText(Terminal):
    """The content is not a table: binary data, text without columns, or another kind of document."""

    def __init__(self, what: str, *, spreadsheet: bool = False) -> None:
        super().__init__(
            say(
                "The file is {what}, which is not read. Open it in a spreadsheet program, save it as XLSX or "
                "CSV, and upload that.",
                what=what,
            )
            if spreadsheet
            else say(
                "The file is {what}, not a table. Upload a table, such as a CSV or XLSX file, or correct the "
                "resource's format.",
                what=what,
            )
        )


class WrongEncoding(Terminal):
    """The bytes do not decode in the encoding they seem to have."""

    def __init__(self, encoding: str, line: int) -> None:
        self.gist = say("Line {line} is not valid in the encoding of the file.", line=line)
        super().__init__(
            join(
                (
                    say(
                        "Line {line} is not valid {encoding}, so its letters cannot be read safely. Save the file as "
                        "UTF-8.",
                        line=line,
                        encoding=encoding,
                    ),
                    how_to_read.ENCODING,
                )
            )
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
            _with_share(
                say(
                    "Line {line} has {fields} where the header has {expected}",
                    line=line,
                    fields=counted_fields(found),
                    expected=expected,
                ),
                say("Look for a missing or an unquoted separator there, correct the file and upload it again."),
                share,
            )
        )


class BadQuoting(Terminal):
    """A quoted value never ends or is followed by stray text."""

    is_public = True

    def __init__(self, line: int) -> None:
        super().__init__(
            say(
                "A quoted value that begins at line {line} is not closed properly. Close it, or double the "
                "quotes inside it, and upload the file again.",
                line=line,
            )
        )


class LineTooLong(Terminal):
    """A line is longer than a row can be."""

    is_public = True

    def __init__(self, line: int, limit: int) -> None:
        super().__init__(
            say(
                "Line {line} has more than {limit} bytes, which is more than a row can have. See that each row "
                "of the file ends in a line break and that quotes are closed, or publish the longest values "
                "elsewhere.",
                line=line,
                limit=limit,
            )
        )


class TooManyColumns(Terminal):
    """More columns than a PostgreSQL table can hold."""

    is_public = True

    def __init__(self, columns: int, limit: int) -> None:
        super().__init__(
            say(
                "The file has {columns} columns; a datastore table holds at most {limit}. Split it, or turn "
                "columns into rows.",
                columns=counted(columns),
                limit=limit,
            )
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
        where = place_of(unit, number) if number is not None else say("a column")
        self.gist = _with_share(
            say("In {place} a value is not of the type that the Data Dictionary asks for", place=where), "", share
        )
        place = say("{place}, column “{column}”", place=where, column=column)
        place = say("column “{column}”", column=column) if number is None else place
        kind = plain_name(pg_type)
        advice = say("Correct the value, or change the column's type in the Data Dictionary.")
        self._without_value = _with_share(
            say("In {place} the value is not {kind}, as the Data Dictionary asks for", place=place, kind=kind),
            advice,
            share,
        )
        wrong = say(
            "In {place} the value “{value}” is not {kind}, as the Data Dictionary asks for",
            place=place,
            value=value,
            kind=kind,
        )
        super().__init__(_with_share(wrong, advice, share))

    def hide_value(self) -> None:
        """Take the value out of the message, because it may be personal data."""
        self.args = (self._without_value,)


def _with_share(wrong: Message, advice: str, share: Share | None) -> Message:
    """Return the sentence of a fault that one row shows, with how many rows have one.

    :param wrong: the sentence without its full stop.
    """
    # the administrator can do something if another limit would have let the file be loaded
    limited = share is not None and share.rejected < share.total
    setting = say("The site's administrator sets how many rows may be left out (max_quarantine_pct).")
    ended = say("{wrong}.", wrong=wrong)
    if share is not None:
        ended = say("{wrong}; {share}.", wrong=wrong, share=share.clause)
    return join((ended, advice, setting if limited and advice else ""))


class OwnFlowFailed(Terminal):
    """The function that ``prefect_flow`` names cannot be used, or has not done what it must.

    :param wrong: what it did, as the end of a sentence about it.
    """

    def __init__(self, name: str, wrong: str) -> None:
        super().__init__(
            say(
                "This site's own flow {wrong}, so the file was not loaded. Tell the site's administrator: the "
                "option prefect_flow names {name}.",
                wrong=wrong,
                name=name,
            )
        )


class EngineFailed(Terminal):
    """The analysis engine failed, although the file passed every check; the engine's own error is the cause.

    :param clue: a clause that says why, if that is known.
    """

    def __init__(self, clue: str = "") -> None:
        if clue:
            what = say(
                "The worker could read the file, but not examine its values to choose the columns' types because "
                "{clue}.",
                clue=clue,
            )
        else:
            what = say("The worker could read the file, but not examine its values to choose the columns' types.")
        advice = say(
            "Load again; if it happens again, tell the site's administrator, who finds the reason in the worker's log."
        )
        super().__init__(join((what, advice)))
