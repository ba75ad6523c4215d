"""Addresses as they may be shown: without passwords and without query strings, which may be signatures."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit


def redacted(url: str) -> str:
    """Return an address fit for messages and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The address"
    query = "…" if parts.query else ""
    printable = urlunsplit((parts.scheme, bare_netloc(parts), parts.path, query, ""))
    return "".join(char for char in printable if char.isprintable())


def without_credentials(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=bare_netloc(parts)))


def bare_netloc(parts: SplitResult) -> str:
    """Return host and port of an address as written."""
    return parts.netloc.rpartition("@")[2]
