"""Read a resource from CKAN's database, not from the search index, which may be out of date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context

from ..core.choices import ReviewWhen
from ..core.eligibility import MANAGED
from ..core.errors import DatastoreManaged, ResourceGone, SheetsFileGone
from ..core.read_options import SHEET_OF, read_options
from ..core.values import FullText, ReadOptions, Ticket
from ..settings import current
from .presence import refuse_gone

#: columns of a resource that say where its file is, and of what kind
_FILE = ("url", "url_type", "format", "mimetype")


def ticket(
    *, run_id: str, resource_id: str, ignore_hash: bool, dry_run: bool, requested_at: datetime, work_dir: Path
) -> Ticket:
    """Return the resource's attributes and options that a run needs.

    :raises ResourceGone: when the resource or its dataset was deleted.
    :raises SheetsFileGone: when it reads the file of a resource that is not in the dataset any more.
    :raises DatastoreManaged: when the resource has no file, because its rows are edited in the datastore.
    """
    found = _found(resource_id)
    if found is None:
        raise ResourceGone(resource_id)
    file_of = str((found["extras"] or {}).get(SHEET_OF) or "").strip()
    file = _file(file_of, found) if file_of else found
    if file["url_type"] in MANAGED.union(tk.h.datastore_rw_resource_url_types()):
        raise DatastoreManaged(file["url_type"])
    # CKAN keeps fields that the site's schema does not know in the extras
    options, doubts = read_options(found["extras"], _defaults())
    return Ticket(
        run_id=run_id,
        resource_id=resource_id,
        ignore_hash=ignore_hash,
        dry_run=dry_run,
        requested_at=requested_at,
        work_dir=work_dir,
        options=options,
        doubts=doubts,
        package_id=found["package_id"],
        name=found["name"] or "",
        **{name: file[name] or "" for name in _FILE},
        size=file["size"],
        file_of=file_of,
    )


def _found(resource_id: str) -> sa.RowMapping | None:
    resource, package = model.resource_table, model.package_table
    columns = [resource.c[name] for name in ("package_id", "name", "extras", "size", *_FILE)]
    query = (
        sa.select(*columns)
        .join(package, package.c.id == resource.c.package_id)
        .where(resource.c.id == resource_id)
        .where(resource.c.state == model.State.ACTIVE, package.c.state != model.State.DELETED)
    )
    # a new connection: a session may hold the resource as it was before the upload that this run loads
    with model.ensure_engine().begin() as connection:
        return connection.execute(query).mappings().first()


def _file(resource_id: str, sheet: sa.RowMapping) -> sa.RowMapping:
    """Return the resource whose file has the sheet. It must be in the same dataset: who may edit one may read it.

    :raises SheetsFileGone: when there is no such resource.
    """
    found = _found(resource_id)
    if found is None or found["package_id"] != sheet["package_id"]:
        raise SheetsFileGone
    return found


def _defaults() -> ReadOptions:
    site = current()
    return ReadOptions(
        workbook_sheet=site.default_excel_sheet,
        # without `ckan.locales_offered` CKAN offers all its languages; that says nothing about the site's language
        languages=tuple(sorted({tk.config["ckan.locale_default"], *tk.aslist(tk.config["ckan.locales_offered"])})),
        unzip=site.auto_unzip_one_file,
        full_text=FullText(site.full_text),
        dedup=site.dedup,
        preview_rows=site.preview_rows,
        review=ReviewWhen(site.review),
    )


def names(resource_id: str) -> dict[str, str]:
    """Return the names of a resource, its dataset and its organization; empty where there is none.

    :raises ResourceGone: when the resource was deleted.
    """
    resource, package, group = model.resource_table, model.package_table, model.group_table
    query = (
        sa.select(resource.c.name.label("resource"), package.c.name.label("package"), group.c.name.label("org"))
        .join(package, package.c.id == resource.c.package_id)
        .outerjoin(group, group.c.id == package.c.owner_org)
        .where(resource.c.id == resource_id, resource.c.state == model.State.ACTIVE)
    )
    with model.ensure_engine().begin() as connection:
        found = connection.execute(query).mappings().first()
    if found is None:
        raise ResourceGone(resource_id)
    return {name: value or "" for name, value in found.items()}


def context() -> Context:
    """Return the context for calling an action as the site user."""
    return Context(user=site_user(), ignore_auth=True, use_cache=False)


def site_user() -> str:
    """Return the name of CKAN's own user, as whom the plugin acts."""
    return tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]


def in_dataset(resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a resource and its dataset, both of one ``package_show``.

    :raises ResourceGone: when the resource or its dataset was deleted.
    """
    refuse_gone(resource_id)
    # an earlier try may have left the session in a failed transaction
    model.Session.rollback()
    resource = model.Session.get(model.Resource, resource_id)
    if resource is None:
        raise ResourceGone(resource_id)
    try:
        dataset = tk.get_action("package_show")(context(), {"id": resource.package_id})
    except tk.ObjectNotFound as error:
        raise ResourceGone(resource_id) from error
    found = [each for each in dataset["resources"] if each["id"] == resource_id]
    if not found:
        raise ResourceGone(resource_id)
    return found[0], dataset


def shown(resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of ``resource_show`` and ``package_show``, as plugins expect them.

    :raises ResourceGone: when the resource or its dataset was deleted.
    """
    _, dataset = in_dataset(resource_id)
    try:
        return tk.get_action("resource_show")(context(), {"id": resource_id}), dataset
    except tk.ObjectNotFound as error:
        raise ResourceGone(resource_id) from error
