"""CKAN's actions and files for the worker: called as the site user, on fresh data, outside any web request.

No function of this package needs a request context. Hooks of other plugins may need one (for a link or a translation),
so the worker calls these functions inside a request context of its own (`portal/app.py`). Creating one takes a fraction
of a millisecond once CKAN is loaded.
"""

from __future__ import annotations

from .observers import vetoed_by
from .pages import anybody_may_read, own_pages, tab_url
from .presence import Presence, Standing, clear_flag, is_gone, presence, refuse_gone, standings
from .publish import mark_active, publish
from .rejected import keep_rejected, open_rejected, remove_rejected
from .resource import names, site_user, ticket
from .summary import create_summary, delete_summary, orphaned_summaries, summary_of
from .uploads import open_upload

__all__ = [
    "Presence",
    "Standing",
    "anybody_may_read",
    "clear_flag",
    "create_summary",
    "delete_summary",
    "is_gone",
    "keep_rejected",
    "mark_active",
    "names",
    "open_rejected",
    "open_upload",
    "orphaned_summaries",
    "own_pages",
    "presence",
    "publish",
    "refuse_gone",
    "remove_rejected",
    "site_user",
    "standings",
    "tab_url",
    "summary_of",
    "ticket",
    "vetoed_by",
]
