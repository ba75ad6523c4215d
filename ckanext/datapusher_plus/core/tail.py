"""The rows that a grown file adds to its table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The end of a file whose beginning the live table holds."""

    #: byte of the clean CSV at which it begins
    start: int
    #: rows of the table, all of the file's beginning
    after: int
    #: the table's identity
    table: int
    #: number of the transaction after which nobody may have changed the table
    transaction: int
