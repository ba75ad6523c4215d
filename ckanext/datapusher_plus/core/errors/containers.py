"""Errors of files, mostly workbooks and archives, whose table cannot be reached."""

from __future__ import annotations

from .. import how_to_read
from ..message import join, quoted, say
from .base import Terminal


class Damaged(Terminal):
    """The bytes begin like a known format, but do not continue like it."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(
            say(
                "The {what} is damaged: {detail}. Open it, save it again, and upload it; if it is a link, see "
                "that the whole file can be downloaded.",
                what=what,
                detail=detail,
            )
        )


class Locked(Terminal):
    """The content cannot be read without a password."""

    def __init__(self, what: str) -> None:
        super().__init__(
            say("The {what} is protected by a password. Save it without one and upload it again.", what=what)
        )


class NoSuchSheet(Terminal):
    """The sheet or layer that the resource names is not in the file."""

    def __init__(self, wanted: str, there: tuple[str, ...]) -> None:
        listed = quoted(there, 20)
        super().__init__(
            join((say("The file has no “{wanted}”. It has {listed}.", wanted=wanted, listed=listed), how_to_read.SHEET))
        )


class NestedArchive(Terminal):
    """The archive contains another archive."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "The archive holds another archive, “{name}”, which is not unpacked. Publish the table itself, "
                "or an archive that it is directly in.",
                name=name,
            )
        )


class TooManyMembers(Terminal):
    """The archive contains more files than can be listed."""

    is_public = True

    def __init__(self, most: int, most_bytes: int) -> None:
        super().__init__(
            say(
                "The archive holds too many files: at most {most} can be listed, and their names and dates may "
                "take {most_bytes} bytes. Publish the table itself, or archives of fewer files.",
                most=most,
                most_bytes=most_bytes,
            )
        )


class UnpacksTooLarge(Terminal):
    """A file becomes so much larger that it is a mistake or an attack."""

    is_public = True

    def __init__(self, limit: int, format: str = "") -> None:
        if format:
            what = say(
                "The table in the {format} file takes more than the {limit} bytes allowed for a file of its size.",
                format=format,
                limit=limit,
            )
        else:
            what = say(
                "The compressed file holds more than the {limit} bytes that may be unpacked from a file of its size.",
                limit=limit,
            )
        super().__init__(join((what, say("Publish the table itself, or split it."))))


class NotWhatItSays(Terminal):
    """The content is not in the format that the file's name says."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "The file is called {name}, but its content is something else. Publish the right file, or "
                "correct the resource's format.",
                name=name,
            )
        )


class HeadingTooLong(Terminal):
    """A heading is so long that it cannot be a heading."""

    is_public = True

    def __init__(self, column: int, length: int, limit: int) -> None:
        super().__init__(
            say(
                "The heading of column {column} has {length} characters; at most {limit} can be kept. See that "
                "the first row holds the headings and that its quotes are closed.",
                column=column,
                length=length,
                limit=limit,
            )
        )
