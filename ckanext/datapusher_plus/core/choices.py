"""Choices of a site that decide how a table is made."""

from __future__ import annotations

from enum import Enum


class FullText(str, Enum):
    """Which values of a row a full-text search of its table can find."""

    ALL = "all"
    #: those of text columns
    TEXT = "text"
    NONE = "none"


class Strategy(str, Enum):
    """How the new table takes the old one's place."""

    SWAP = "swap"
    REPLACE = "replace"
