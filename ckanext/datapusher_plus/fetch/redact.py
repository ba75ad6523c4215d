"""What strangers wrote, fit to be shown: addresses without passwords and signatures, names without escapes."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit, urlunsplit

#: characters of an address in a message; a longer one is cut
_LONGEST = 300
#: characters of a file's name, as on most disks
_LONGEST_NAME = 255


def redacted(url: str) -> str:
    """Return an address fit for messages and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The address"
    query = "…" if parts.query else ""
    # without a host, what stands before an @ may be a password all the same
    path = parts.path if parts.netloc else parts.path.rpartition("@")[2]
    return shown(urlunsplit((parts.scheme, bare_netloc(parts), path, query, "")), _LONGEST)


def bare_netloc(parts: SplitResult) -> str:
    """Return host and port of an address as written."""
    return parts.netloc.rpartition("@")[2]


def file_name(path: str) -> str:
    """Return the name of a file without folders."""
    name = PurePosixPath(path.replace("\\", "/").replace("\0", "")).name
    # its end says what is in it
    return shown(name[-_LONGEST_NAME:], _LONGEST_NAME)


def shown(text: str, longest: int) -> str:
    """Return text without line ends, escapes, invisible letters and halves of letters; long text is cut."""
    printable = "".join(char for char in text if char.isprintable())
    return printable if len(printable) <= longest else printable[:longest] + "…"
