"""What strangers wrote, fit to be shown: addresses without passwords and signatures, names without escapes."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit, urlunsplit

#: characters of an address in a message; a longer one is cut
_LONGEST = 300
#: characters of a file's name, as on most disks
_LONGEST_NAME = 255
#: what ends an address within a text
_BETWEEN = re.compile(r"([\s\"'<>]+)")
#: categories of characters that end lines, steer terminals, are halves of letters or show nothing (Unicode)
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


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


def redacted_within(text: str) -> str:
    """Return text whose addresses have no passwords, and no query, in which signatures and tokens are."""
    if "?" not in text and "@" not in text:
        return text
    return "".join(map(_without_secrets, _BETWEEN.split(text)))


def _without_secrets(word: str) -> str:
    before, sign, query = word.partition("?")
    if sign and "=" in query:
        word = f"{before}?…"
    if "@" not in word:
        return word
    first, *addresses = word.split("://")
    return "://".join([first, *map(_without_password, addresses)])


def _without_password(address: str) -> str:
    authority, slash, path = address.partition("/")
    return authority.rpartition("@")[2] + slash + path


def escaped(text: str) -> str:
    """Return text in one line, in which characters that end lines or steer a terminal are written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _UNFIT else char for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
