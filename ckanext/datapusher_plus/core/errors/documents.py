"""Errors of files whose table cannot be read: documents of records, maps, and files whose reader fails."""

from __future__ import annotations

from ..message import join, say
from .base import Terminal


class BadJson(Terminal):
    """The text is not JSON, or cannot be read as a table."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(
            say(
                "The JSON in line {line} cannot be read: {why}. Correct the file and upload it again.",
                line=line,
                why=why,
            )
        )
        self.gist = say("The JSON in line {line} cannot be read.", line=line)


class NoRecords(Terminal):
    """The document is valid, but contains no list of records."""

    def __init__(self, what: str) -> None:
        super().__init__(
            say(
                "There is no table in the {what}. Publish an array of objects, one for each row, or an object "
                "that has such an array.",
                what=what,
            )
        )


class RecordTooLarge(Terminal):
    """One record is larger than a row may be."""

    is_public = True

    def __init__(self, line: int, limit: int) -> None:
        super().__init__(
            say(
                "The record that begins in line {line} has more than {limit} characters. Publish what is in it "
                "as rows of their own, or leave out its largest values.",
                line=line,
                limit=limit,
            )
        )


class TooMuchMemory(Terminal):
    """Reading the file takes more memory than a reader may use.

    :param what: the name of the format; empty for a text.
    """

    def __init__(self, what: str, limit: int) -> None:
        advice = (
            say("Write it in smaller pieces (row groups, batches or records), or publish it as CSV.")
            if what
            else say(
                "Most likely a quote is not closed or line ends are missing, so that one row is very long. "
                "Look for that, or split the file."
            )
        )
        cannot = say("The {file} cannot be read within {limit} MiB of memory.", file=_file(what), limit=limit >> 20)
        super().__init__(join((cannot, advice)))


class TooMuchTime(Terminal):
    """Reading the file takes more processor time than a reader may use.

    :param what: the name of the format; empty for a text.
    """

    def __init__(self, what: str, limit: int) -> None:
        advice = say("Publish a smaller file, or CSV.") if what else say("Split it into several files.")
        could_not = say(
            "The {file} could not be read within the {limit} seconds of processor time that its size gives it.",
            file=_file(what),
            limit=limit,
        )
        super().__init__(join((could_not, advice)))


class ReaderDied(Terminal):
    """The process that reads the file died."""

    def __init__(self, what: str) -> None:
        super().__init__(
            say(
                "The {file} could not be read, because its reader broke off: the file may be damaged. Write the "
                "file anew, or publish it as CSV; the site's administrator finds more in the worker's log.",
                file=_file(what),
            )
        )


def _file(what: str) -> str:
    return say("{format} file", format=what) if what else say("file")
