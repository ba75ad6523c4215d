"""Format figures, names and errors for the sentences of findings."""

from __future__ import annotations

import os
import pwd

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def size(count: float) -> str:
    """Return a number of bytes with a decimal unit, such as ``1.5 GB``."""
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {_UNITS[unit]}"


def span(seconds: float) -> str:
    """Return a length of time in one unit, such as ``3 hours``."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def listed(names: list[str]) -> str:
    """Return names joined by commas and ``and``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def some(count: int, example: object) -> str:
    """Return the example, and how many more there are, such as ``x and 3 more``."""
    return f"{example} and {count - 1:,} more" if count > 1 else f"{example}"


def reason(error: BaseException) -> str:
    """Return an error's message in at most 300 characters, on one line and without a full stop."""
    # SQLAlchemy adds the statement and a link to its manual to the driver's message
    said = str(getattr(error, "orig", None) or error)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    # the driver adds the question whether a server is running
    text = " ".join(line for line in lines if line and not line.startswith("Is the server running"))
    return (text.removeprefix("connection failed: ") or type(error).__name__)[:300].rstrip(".")


def cause(error: BaseException) -> str:
    """Return the message of the last error in the chain of a failed request; the first repeats address and path."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or reason(error)


def user() -> str:
    """Return the user of this process for a sentence; workers may run as another user."""
    name = account()
    return f"number {name}" if name.isdecimal() else name


def account(uid: int | None = None) -> str:
    """Return a user's name, or its number if it has no name, as commands take it.

    :param uid: by default the effective user of this process.
    """
    number = os.geteuid() if uid is None else uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
