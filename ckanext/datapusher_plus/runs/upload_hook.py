"""Detect that a resource's file is new or changed, inside the transaction that saves it.

CKAN notifies plugins of every new or changed resource before each commit, whichever action made the change. This module
decides by the attributes that were set. CKAN's own mark, ``url_changed``, cannot be used: it stays on the object as
long as the session holds it, so a second commit of the same web request would load the file again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ckan import model as ckan_model
from ckan.plugins import toolkit as tk
from sqlalchemy import event
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import object_session

from .. import settings
from ..core.eligibility import Candidate, is_wanted
from ..core.read_options import SHEET_OF, given
from . import database
from .asker import asked_by_command
from .request import request

log = logging.getLogger(__name__)

#: Attributes whose change means another file; CKAN sets ``last_modified`` at each upload, even under the same name.
FILE = ("url", "last_modified")
#: Attributes whose change may make a file loadable that was not loadable before.
KIND = ("format", "mimetype", "url_type")
#: Attribute that holds the fields with the options for reading the file.
OPTIONS = "extras"
#: Cause of the load of a resource that was deleted and is restored.
RESTORED = "restored"
#: Cause of the load of a resource whose fields with options were changed.
OPTIONS_CHANGED = "options"
_BEFORE = "_datapusher_plus_before"


def watch() -> None:
    """Register listeners that keep the old values of changed attributes on each resource and dataset; idempotent."""
    attributes = [(getattr(ckan_model.Resource, name), remember) for name, remember in REMEMBERERS.items()]
    for attribute, remember in (*attributes, (ckan_model.Package.state, REMEMBERERS["state"])):
        if not event.contains(attribute, "set", remember):
            event.listen(attribute, "set", remember)


def notice(resource: ckan_model.Resource, *, new: bool) -> None:
    """Request a run if the resource's file is new, on the connection of the transaction that saves it.

    A savepoint keeps our failure (no table before `ckan db upgrade`) from failing somebody's upload.
    """
    before = vars(resource).pop(_BEFORE, {})
    cause = _cause(resource, before, new=new)
    _request(resource, cause)
    if cause not in (None, OPTIONS_CHANGED) and not new:
        for sheet in _sheets(resource):
            _request(sheet, cause)


def _sheets(resource: ckan_model.Resource) -> list[ckan_model.Resource]:
    """Return the other resources of the dataset that read this one's file."""
    others = resource.package.resources_all if resource.package else []
    return [
        other for other in others if (other.extras or {}).get(SHEET_OF) == resource.id and _is_wanted(_candidate(other))
    ]


def notice_restored(dataset: ckan_model.Package) -> None:
    """Request a run for each resource of a dataset that was just restored: its table may have been removed."""
    before = vars(dataset).pop(_BEFORE, {}).get("state")
    if before != ckan_model.State.DELETED or dataset.state != ckan_model.State.ACTIVE:
        return
    for resource in dataset.resources_all:
        if _is_wanted(_candidate(resource)):
            _request(resource, RESTORED)


def _request(resource: ckan_model.Resource, cause: str | None) -> None:
    session = object_session(resource)
    if cause is None or session is None:
        return
    connection = session.connection()
    try:
        with connection.begin_nested():
            request(connection, resource.id, cause=cause, bulk=asked_by_command())
    except SQLAlchemyError as error:
        if isinstance(error, ProgrammingError) and database.lacks_tables(error):
            log.error("The load of resource %s could not be requested. %s", resource.id, database.NOT_MIGRATED)  # noqa: TRY400
            return
        log.exception("The load of resource %s could not be requested; submit it by hand.", resource.id)


def _cause(resource: ckan_model.Resource, before: dict[str, Any], *, new: bool) -> str | None:
    changed = {
        name: old for name, old in before.items() if name != OPTIONS and _plain(old) != _plain(getattr(resource, name))
    }
    if not _is_wanted(_candidate(resource)):
        return None
    if new or any(name in changed for name in FILE):
        return "upload" if resource.url_type == "upload" else "url"
    if changed.get("state") == ckan_model.State.DELETED:
        return RESTORED
    if not _is_wanted(_candidate(resource, **changed)):
        return "format"
    return OPTIONS_CHANGED if OPTIONS in before and given(before[OPTIONS]) != given(resource.extras) else None


def _is_wanted(candidate: Candidate) -> bool:
    managed = frozenset(tk.h.datastore_rw_resource_url_types())
    return is_wanted(candidate, formats=settings.current().formats, managed=managed)


def _candidate(resource: ckan_model.Resource, **before: Any) -> Candidate:
    values = {name: before.get(name, getattr(resource, name)) for name in ("url", *KIND)}
    text = {name: value if isinstance(value, str) else "" for name, value in values.items()}
    return Candidate(**text, active=resource.state == ckan_model.State.ACTIVE)


def _rememberer(name: str) -> Callable[[object, object, object, object], None]:
    def remember(entity: object, value: object, old: object, _: object) -> None:
        if _plain(value) != _plain(old):
            vars(entity).setdefault(_BEFORE, {}).setdefault(name, old)

    return remember


REMEMBERERS = {name: _rememberer(name) for name in (*FILE, *KIND, OPTIONS, "state")}


def _plain(value: object) -> object:
    # an action may set, as text, the same time that the row holds as a datetime
    return value.isoformat() if isinstance(value, datetime) else value
