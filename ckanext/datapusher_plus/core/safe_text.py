"""Make untrusted text safe for people and logs: no characters that forge lines or hide text, no secrets of addresses.

All functions take time in proportion to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit, urlunsplit

#: Format characters that some languages and emoji need; all others hide text or change its direction.
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
#: The query or fragment of an address. A quote ends it, except one that more of it follows.
_QUERY = r'[?#](?:[^ "<>]|"(?=[^ ,:;)}\]<>]))*'
#: A piece of text that may be an address.
_WORD = re.compile(rf'[^ "<>?#]+(?:{_QUERY})?|{_QUERY}')
_HIDDEN = "…"
#: Punctuation that a sentence may have after an address.
_STOPS = ".,:;)]}'”"
#: Most characters of an address in a message; a longer one is cut.
_LONGEST_ADDRESS = 300
#: Most characters of a file's name, as on most disks.
_LONGEST_NAME = 255


def is_unsafe(char: str) -> bool:
    """Return whether a character ends a line, controls a terminal, changes the direction of text, or is invisible."""
    category = unicodedata.category(char)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and char not in _JOINERS)


def replaced(text: str) -> str:
    """Return one line for a page: line ends and tabs become spaces, other unsafe characters U+FFFD."""
    if text.isprintable():
        return text
    return "".join(" " if char in "\r\n\t" else "\ufffd" if is_unsafe(char) else char for char in text)


def page_line(text: str, longest: int) -> str:
    """Return text as one line of a page, without the secrets of addresses, cut to ``longest`` characters."""
    line = replaced(without_secrets(text))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def escaped(text: str) -> str:
    r"""Return one line for a log or a terminal: unsafe characters are written as in Python (``\n``, ``\x1b``)."""
    if text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode("ascii") if is_unsafe(char) else char for char in text)


def printable(text: str, instead: str = "") -> str:
    """Return text with ``instead`` in place of line ends, escapes, invisible characters and lone surrogates."""
    return "".join(char if char.isprintable() else instead for char in text)


def shortened(text: str, longest: int) -> str:
    """Return the printable characters of a text, with “…” after the first ``longest`` if there are more."""
    text = printable(text)
    return text if len(text) <= longest else text[:longest] + "…"


def cut(text: str, longest: int) -> str:
    """Return a text of at most ``longest`` characters; one that had more ends in “…”."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def file_name(path: str) -> str:
    """Return the name of a file without folders."""
    name = PurePosixPath(path.replace("\\", "/").replace("\0", "")).name
    # keep the end, because the extension says what is in the file
    return shortened(name[-_LONGEST_NAME:], _LONGEST_NAME)


def redacted(url: str) -> str:
    """Return an address for messages and logs: without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The address"
    query = "…" if parts.query else ""
    # even without a host, the part before an @ may be a password
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
    """Return a word that may contain an address, without the address's secrets."""
    before, scheme, address = word.partition("://")
    if not scheme:
        return _bare_path(word)
    end = next((at for at, sign in enumerate(address) if sign in "?#"), len(address))
    head, tail = address[:end], address[end:]
    if "@" in head:
        head = head.rpartition("@")[2]
    elif "@" in tail and not _is_port(head.partition("/")[0]):
        # the password contains a ? or #
        head = ""
    return f"{_bare_path(before)}{scheme}{head}{_cut(tail)}"


def _cut(tail: str) -> str:
    """Return a query or fragment with “…” for its content, and the sentence's punctuation after it."""
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
