"""How figures and failures are said."""

from __future__ import annotations

import os
import pwd

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def size(count: float) -> str:
    """Return a number of bytes as people write it."""
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {_UNITS[unit]}"


def span(seconds: float) -> str:
    """Return a length of time as people say it."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def listed(names: list[str]) -> str:
    """Return names as a sentence has them."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def some(count: int, example: object) -> str:
    """Return one of several by its name, and how many more there are."""
    return f"{example} and {count - 1:,} more" if count > 1 else f"{example}"


def reason(error: BaseException) -> str:
    """Return what an error says, on one line and without a full stop."""
    # SQLAlchemy wraps the driver's words into its own and an address of its manual
    said = str(getattr(error, "orig", None) or error)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    # the driver asks back whether there is a server at all
    told = " ".join(line for line in lines if line and not line.startswith("Is the server running"))
    return (told.removeprefix("connection failed: ") or type(error).__name__)[:300].rstrip(".")


def cause(error: BaseException) -> str:
    """Return what a failed request says in the end; the first error of its chain repeats address and path."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or reason(error)


def user() -> str:
    """Return as whom this process asks, which need not be as whom workers work."""
    name = account()
    return f"number {name}" if name.isdecimal() else name


def account(uid: int | None = None) -> str:
    """Return a user's name, or number, as commands take it; without ``uid`` that of this process's user."""
    number = os.geteuid() if uid is None else uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
