"""How a resource's table stands to its file, for the pages of resource and dataset."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.states import OPEN, State
from ..core.table_and_file import Known, Standing, compare
from ..runs import standing
from ..runs.standing import Runs
from . import labels
from .labels import Badge

log = logging.getLogger(__name__)

#: Attribute of ``flask.g``: runs by resource, for the request; None for resources without.
_KEY = "datapusher_plus_standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStanding:
    """What a page says about a resource's table; no text is HTML, and none quotes an error."""

    standing: Standing
    #: for readers; empty while the table shows the file
    sentence: str
    #: for those who may edit the resource
    badge: Badge


def prefetch(package: Mapping[str, Any]) -> None:
    """Read the runs of all resources of a dataset by one query, for the rest of this request."""
    _find([resource["id"] for resource in package.get("resources") or ()])


def of_resource(resource: Mapping[str, Any]) -> ShownStanding | None:
    """Return what a page says about a resource's table, None for a resource that was never to be loaded.

    Without ``prefetch`` it makes one query.
    """
    if resource.get("url_type") in tk.h.datastore_rw_resource_url_types():
        return None
    runs = _find([resource["id"]]).get(resource["id"])
    return describe(resource, runs) if runs else None


def describe(resource: Mapping[str, Any], runs: Runs) -> ShownStanding:
    """Return what a page says about a resource's table."""
    has_table = bool(resource.get("datastore_active"))
    known = dataclasses.replace(
        runs.known,
        has_table=runs.known.has_table and has_table,
        uploaded_at=_uploaded_at(resource),
    )
    found = compare(known)
    return ShownStanding(standing=found, sentence=_sentence(found, known), badge=_badge(found, runs))


def _sentence(found: Standing, known: Known) -> str:
    then = {
        Standing.LOADING: _("A newer file is being loaded."),
        Standing.FAILED: _("A newer file could not be loaded."),
        Standing.NOT_SINCE: _("Since then the file could not be loaded again."),
        Standing.WAITING: _("The file as it is now waits to be checked."),
        Standing.REJECTED: _("The file as it is now was not accepted."),
        Standing.CANCELLED: _("A newer file was not loaded."),
        Standing.EMPTY: _("A newer file has no rows."),
        Standing.UNDONE: _("A newer file was loaded, and that was undone."),
        Standing.NOT_ASKED: _("A newer file has not been loaded."),
    }.get(found)
    if then is None:
        return ""
    may_be_empty = settings.current().load_strategy != "swap" and found in (Standing.LOADING, Standing.FAILED)
    if may_be_empty:
        now = _("The table may be incomplete.")
    elif known.loaded_at is None:
        now = _("The table shows an earlier file.")
    else:
        date = tk.h.render_datetime(known.loaded_at)
        now = _("The table shows the file that was loaded on {date}.").format(date=date)
    return f"{now} {then}"


def _badge(found: Standing, runs: Runs) -> Badge:
    """Return the badge of the newest run; of the load in the table where nothing has changed since."""
    newest = runs.newest or State.SKIPPED
    if found is Standing.EMPTY:
        return labels.badge("empty")
    if found is Standing.UNDONE:
        return Badge(_("Load undone"), "secondary", "rotate-left")
    if found is Standing.NOT_ASKED:
        return Badge(_("Newer file not loaded"), "warning", "triangle-exclamation")
    if found is Standing.SAME and newest not in OPEN and runs.loaded:
        return labels.badge(runs.loaded.value)
    return labels.badge(newest.value)


def _uploaded_at(resource: Mapping[str, Any]) -> datetime | None:
    """Return when the file was uploaded; CKAN writes UTC without a zone."""
    changed = resource.get("last_modified") if resource.get("url_type") == "upload" else None
    try:
        moment = datetime.fromisoformat(changed) if isinstance(changed, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc) if moment else None


def _find(resource_ids: Sequence[str]) -> dict[str, Runs | None]:
    known: dict[str, Runs | None] = tk.g.setdefault(_KEY, {})
    new = [resource_id for resource_id in resource_ids if resource_id not in known]
    if new:
        try:
            found = standing.find(new)
        except SQLAlchemyError:
            # a page is worth more than this line of it
            log.warning("The loads of this page's resources could not be looked up.", exc_info=True)
            found = {}
        known.update({resource_id: found.get(resource_id) for resource_id in new})
    return known
