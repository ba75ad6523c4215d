"""The Data Dictionary on disk; it knows nothing of CKAN.

``<id>.json`` is the stash: what a table carried before a run began to work on it, cleared when the table is well again.
``<id>.vanished.json`` is what was written about columns that left the table with a newer file, so that the words come
back with the column. ``history/<id>/`` has earlier dictionaries, for a person who wants one back.
"""

from __future__ import annotations

from . import history
from .removed_columns import remember, vanished
from .stash import Stash, clear, drop_leftovers, load, pending, save, stash_path

__all__ = [
    "Stash",
    "clear",
    "drop_leftovers",
    "history",
    "load",
    "pending",
    "remember",
    "save",
    "stash_path",
    "vanished",
]
