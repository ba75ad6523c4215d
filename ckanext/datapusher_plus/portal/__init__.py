"""CKAN's actions and files as the worker uses them: as the site user, on fresh data, outside any web request.

Nothing here needs a request context. Hooks of other plugins may (a link, a translation), so the worker calls these
inside one of its own (`flow/site.py`); making one costs a fraction of a millisecond once CKAN is loaded.
"""

from __future__ import annotations

from .observers import vetoed_by
from .pages import own_pages
from .publish import announce, mark_active, publish
from .rejected import keep_rejected, open_rejected, remove_rejected
from .resource import ticket
from .uploads import open_upload

__all__ = [
    "announce",
    "keep_rejected",
    "mark_active",
    "open_rejected",
    "open_upload",
    "own_pages",
    "publish",
    "remove_rejected",
    "ticket",
    "vetoed_by",
]
