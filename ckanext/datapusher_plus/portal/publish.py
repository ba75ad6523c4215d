"""The last stage of a load: update CKAN's metadata to match the table. Every step can be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from ckan import model
from ckan.lib import search
from ckan.plugins import toolkit as tk

from ..checkpoint import reach
from ..core.errors import ResourceGone
from ..core.message import say
from .observers import name_of, observers
from .rejected import remove_rejected
from .resource import context, in_dataset, shown

#: Calls code of another plugin; returns the given sentence if that failed, else None.
Attempt = Callable[[str, Callable[[], object]], str | None]


def unguarded(_: str, act: Callable[[], object]) -> None:
    """Call ``act`` and do not catch its errors."""
    act()


def publish(
    resource_id: str,
    *,
    hash: str,
    rows: int,
    fields: Mapping[str, Any] = MappingProxyType({}),
    loaded_before: bool = False,
    attempt: Attempt = unguarded,
) -> list[str]:
    """Create views on the first load, update the resource's flag, hash and row count, and notify other plugins.

    The resource is written only if a value differs. ``last_modified`` is not changed: it belongs to the file, and a
    change of it requests a load. Views are created only if the resource has never been in the datastore, so that a view
    that somebody removed is not created again.

    :param hash: the file's hash.
    :param rows: number of rows in the table.
    :param fields: further fields of the resource; None removes one.
    :param loaded_before: whether an earlier run has loaded the resource's table.
    :param attempt: calls the code of other plugins, and turns their errors into sentences.
    :returns: sentences about steps that failed; the table is in place in any case.
    :raises ResourceGone: when the resource was deleted.
    """
    try:
        resource, dataset = in_dataset(resource_id)
    except ResourceGone:
        remove_rejected(resource_id)
        raise
    first = not loaded_before and not resource.get("datastore_active")
    # views before the flag: if the run is interrupted in between, the flag still shows that this is the first load
    warnings = [_make_views(resource, dataset, attempt) if first else None]
    reach("publish.views")
    warnings.append(_write(resource, {"datastore_active": True, "hash": hash, "total_record_count": rows, **fields}))
    reach("publish.patch")
    warnings += _notify_plugins(resource_id, attempt)
    reach("publish.notified")
    return [warning for warning in warnings if warning]


def mark_active(resource_id: str, active: bool) -> None:
    """Set ``datastore_active``, by which CKAN shows that the resource has a table; a deleted resource is ignored."""
    try:
        resource, _ = in_dataset(resource_id)
    except ResourceGone:
        return
    _write(resource, {"datastore_active": active})


def _try(attempt: Attempt, sentence: str, act: Callable[[], object]) -> str | None:
    warning = attempt(sentence, act)
    if warning:
        # the failed call may have left the session in a failed transaction
        model.Session.rollback()
    return warning


def _make_views(resource: dict[str, Any], dataset: dict[str, Any], attempt: Attempt) -> str | None:
    make = tk.get_action("resource_create_default_resource_views")
    loaded = {**resource, "datastore_active": True}
    wanted = {"resource": loaded, "package": dataset, "create_datastore_views": True}
    sentence = say("The default views could not be made. Add one by hand, or ask the site's administrator.")
    return _try(attempt, sentence, partial(make, context(), wanted))


def _notify_plugins(resource_id: str, attempt: Attempt) -> list[str | None]:
    watching = list(observers())
    if not watching:
        return []
    resource, dataset = shown(resource_id)
    warnings = []
    for plugin in watching:
        sentence = say(
            "The plugin {plugin} failed after the load, the table is in place. Tell the administrator.",
            plugin=name_of(plugin),
        )
        warnings.append(_try(attempt, sentence, partial(plugin.after_upload, context(), resource, dataset)))
    return warnings


def _write(resource: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    changes = {name: value for name, value in wanted.items() if resource.get(name) != value}
    if not changes:
        _index_if_behind(resource, wanted)
        return None
    try:
        _save(resource, changes)
    except tk.ValidationError as error:
        model.Session.rollback()
        _write_past_validation(resource["id"], wanted["datastore_active"])
        return say(
            "The table is in place, but the dataset is not valid any more ({errors}), so the file's hash and row count "
            "were not saved with the resource. Correct the dataset and save it.",
            errors=_summary(error),
        )
    return None


def _save(resource: dict[str, Any], changes: dict[str, Any]) -> None:
    """Change some fields of a resource; None removes a field."""
    # CKAN's ``resource_patch`` cannot remove a field, but ``logic.fields`` removes ours if they are empty
    given = {name: "" if value is None else value for name, value in changes.items()}
    tk.get_action("resource_patch")(context(), {"id": resource["id"], **given})


def _index_if_behind(resource: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Update the search index if it differs: an earlier try may have stopped between CKAN's database and the index."""
    try:
        found = search.show(resource["package_id"])
        indexed = json.loads(found["data_dict"])["resources"]
    except search.SearchError:
        indexed = []
    known = next((each for each in indexed if each["id"] == resource["id"]), {})
    if any(known.get(name) != value for name, value in wanted.items()):
        search.rebuild(resource["package_id"])


def _write_past_validation(resource_id: str, active: bool) -> None:
    """Set only ``datastore_active``: without it CKAN would not show the table that is in place."""
    resource = model.Session.get(model.Resource, resource_id, populate_existing=True)
    if resource is None:
        raise ResourceGone(resource_id)
    resource.extras = {**(resource.extras or {}), "datastore_active": active}
    model.repo.commit()
    search.rebuild(resource.package_id)


def _summary(error: tk.ValidationError) -> str:
    return "; ".join(f"{field}: {text}" for field, text in error.error_summary.items())
