"""Text of strangers for people and logs: no character that forges lines or hides text, no password, no signature.

Everything here takes time in proportion to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit, urlunsplit

#: Format characters that words of some languages and emoji need; all others hide or turn text.
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
#: What ends an address in a text; a quote in an address is cut off with its query.
_WORD = re.compile('[^ "<>]+')
_HIDDEN = "…"
#: What a sentence has after an address.
_STOPS = ".,:;)]}'”"
#: Characters of an address in a message; a longer one is cut.
_LONGEST_ADDRESS = 300
#: Characters of a file's name, as on most disks.
_LONGEST_NAME = 255


def is_unsafe(char: str) -> bool:
    """Tell whether a character ends a line, commands a terminal, turns the direction of text, or cannot be seen."""
    category = unicodedata.category(char)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and char not in _JOINERS)


def replaced(text: str) -> str:
    """Return one line for a page: line ends and tabs are spaces, other unsafe characters are U+FFFD."""
    if text.isprintable():
        return text
    return "".join(" " if char in "\r\n\t" else "\ufffd" if is_unsafe(char) else char for char in text)


def page_line(text: str, longest: int) -> str:
    """Return text as one line of a page, without the secrets of addresses, cut where it is too long."""
    line = replaced(without_secrets(text))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def escaped(text: str) -> str:
    r"""Return one line for a log or a terminal: unsafe characters are written as in Python (``\n``, ``\x1b``)."""
    if text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode("ascii") if is_unsafe(char) else char for char in text)


def printable(text: str, instead: str = "") -> str:
    """Return text with ``instead`` in place of line ends, escapes, invisible letters and halves of letters."""
    return "".join(char if char.isprintable() else instead for char in text)


def shortened(text: str, longest: int) -> str:
    """Return what is printable of a text, cut where it is too long."""
    text = printable(text)
    return text if len(text) <= longest else text[:longest] + "…"


def file_name(path: str) -> str:
    """Return the name of a file without folders."""
    name = PurePosixPath(path.replace("\\", "/").replace("\0", "")).name
    # its end says what is in it
    return shortened(name[-_LONGEST_NAME:], _LONGEST_NAME)


def redacted(url: str) -> str:
    """Return an address fit for messages and logs, without password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The address"
    query = "…" if parts.query else ""
    # without a host, what stands before an @ may be a password all the same
    path = parts.path if parts.netloc else parts.path.rpartition("@")[2]
    return shortened(urlunsplit((parts.scheme, _bare_netloc(parts), path, query, "")), _LONGEST_ADDRESS)


def _bare_netloc(parts: SplitResult) -> str:
    """Return host and port of an address as written."""
    return parts.netloc.rpartition("@")[2]


def without_secrets(text: str) -> str:
    """Return text in which addresses have no user, no password, no query and no fragment."""
    if not any(sign in text for sign in "?#@"):
        return text
    return _WORD.sub(lambda found: _bare(found.group()), text)


def one_line(text: str) -> str:
    """Return text as one line of a log, without the secrets of addresses."""
    return without_secrets(escaped(text))


def _bare(word: str) -> str:
    """Return a word that may have an address in it without the secrets of that."""
    before, scheme, address = word.partition("://")
    if not scheme:
        return _bare_path(word)
    end = next((at for at, sign in enumerate(address) if sign in "?#"), len(address))
    head, tail = address[:end], address[end:]
    if "@" in head:
        head = head.rpartition("@")[2]
    elif "@" in tail and not _is_port(head.partition("/")[0]):
        # a password with such a sign in it
        head = ""
    return f"{_bare_path(before)}{scheme}{head}{_cut(tail)}"


def _cut(tail: str) -> str:
    """Return a query or fragment without what it says, and with what the sentence has after it."""
    return tail[:1] + _HIDDEN + tail[len(tail.rstrip(_STOPS)) :] if tail else ""


def _is_port(authority: str) -> bool:
    return authority.rpartition(":")[2].isdigit() or ":" not in authority


def _bare_path(word: str) -> str:
    """Return a word without what looks like a query (``/a?b=c``) or a password (``a:b@c``)."""
    for sign in "?#":
        path, found, query = word.partition(sign)
        if found and "=" in query:
            word = path + _cut(sign + query)
    user, at, host = word.rpartition("@")
    return _HIDDEN + at + host if at and ":" in user else word
