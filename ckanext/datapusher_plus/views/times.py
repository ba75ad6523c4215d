"""Times with seconds, and what is left of a load, for display."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime
from ckan.plugins.toolkit import _, ungettext

from .numbers import locale


def clock(when: datetime) -> str:
    """Return a time with its seconds and its zone, in the form of the page's language."""
    return f"{format_datetime(when.replace(tzinfo=None), 'medium', locale=locale())} ({when:%Z})"


def left(seconds: float | None) -> str:
    """Return the sentence for the time that a load will still take; empty if that is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("Less than a minute left.")
    minutes = round(seconds / 60)
    if minutes < 60:
        return ungettext("About {n} minute left.", "About {n} minutes left.", minutes).format(n=minutes)
    hours = round(seconds / 3600)
    return ungettext("About {n} hour left.", "About {n} hours left.", hours).format(n=hours)
