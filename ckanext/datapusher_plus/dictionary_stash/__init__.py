"""The Data Dictionary on disk; this package does not use CKAN.

``<id>.json`` is the stash: what was set on a table before a run began to change it; cleared when the load has succeeded
or the table is restored. ``<id>.vanished.json`` has the comments of columns that a newer file no longer has, so that
they are restored when the column comes back. ``history/<id>/`` has earlier dictionaries that a person can restore.
"""

from __future__ import annotations

from . import history
from .removed_columns import remember, removed
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
    "removed",
]
