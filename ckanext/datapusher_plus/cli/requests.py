"""``submit``, ``resubmit`` and ``status``: request loads, and show their state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import click
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckanext.datastore.backend import get_all_resources_ids_in_datastore

from .. import portal, settings
from ..core.safe_text import escaped
from ..core.states import State
from ..logic.migrated import UNMIGRATED
from ..model import run
from ..runs import records
from ..runs.task_status import LOADS_FIRST
from .dry_run import clock, show

#: Resources per query; a site may have hundreds of thousands.
_PAGE = 500

_yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
_ignore_hash = click.option("--ignore-hash", is_flag=True, help="Load files that have not changed, too.")


class _Found(NamedTuple):
    id: str
    format: str
    url_type: str | None


@click.command(short_help="Ask for the files of a dataset, or of all datasets, to be loaded.")
@click.argument("package", required=False)
@_yes
@_ignore_hash
@click.option("--dry-run", is_flag=True, help="Change nothing: show what the files would change.")
def submit(package: str | None, yes: bool, ignore_hash: bool, dry_run: bool) -> None:
    """Request the load of the files of PACKAGE (id or name), or of all datasets if it is omitted.

    Resources of formats that are not in ``ckanext.datapusher_plus.formats`` are skipped.
    """
    if package is None and not yes:
        click.confirm("Every file on this site that can be loaded will be queued. Continue?", abort=True)
    package_id = _package_id(package) if package else None
    found = list(_loadable(_resources(package_id)))
    since = clock()
    all_queued = _submit_all(found, ignore_hash, dry_run=dry_run)
    all_examined = not dry_run or show([each.id for each in found], since)
    if not (all_queued and all_examined):
        raise SystemExit(1)


@click.command(short_help="Ask for all files that are in the DataStore to be loaded again.")
@_yes
@_ignore_hash
def resubmit(yes: bool, ignore_hash: bool) -> None:
    """Request a new load of all files that are in the DataStore. Tables without a file are skipped."""
    if not yes:
        click.confirm("Every file in the DataStore will be queued to be loaded again. Continue?", abort=True)
    loaded = set(get_all_resources_ids_in_datastore())
    if not _submit_all((found for found in _fed_by_files(_resources(None)) if found.id in loaded), ignore_hash):
        raise SystemExit(1)


@click.command(short_help="Show what became of the loads.")
@click.argument("resource", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def status(resource: str | None, as_json: bool) -> None:
    """Show the latest load of RESOURCE (an id) with its log, or of every resource if it is omitted."""
    if resource is None:
        _show_overview(as_json)
    else:
        _show_one(resource, as_json)


def _package_id(package: str) -> str:
    found = model.Package.get(package)
    if found is None or found.state != model.State.ACTIVE:
        raise click.ClickException(f"There is no dataset {package!r}.")
    return found.id


def _resources(package_id: str | None) -> Iterator[_Found]:
    """Yield resources from the database, in pages by id.

    The search index may be out of date, and lists of names omit private datasets.
    """
    query = (
        sa.select(model.Resource.id, model.Resource.format, model.Resource.url_type)
        .join(model.Package, model.Package.id == model.Resource.package_id)
        .where(model.Resource.state == model.State.ACTIVE, model.Package.state == model.State.ACTIVE)
        .order_by(model.Resource.id)
        .limit(_PAGE)
    )
    if package_id:
        query = query.where(model.Package.id == package_id)
    last = ""
    while page := model.Session.execute(query.where(model.Resource.id > last)).all():
        yield from (_Found(id=id_, format=format_ or "", url_type=url_type) for id_, format_, url_type in page)
        last = page[-1][0]


def _fed_by_files(resources: Iterable[_Found]) -> Iterator[_Found]:
    managed = tk.h.datastore_rw_resource_url_types()
    return (found for found in resources if found.url_type not in managed)


def _loadable(resources: Iterable[_Found]) -> Iterator[_Found]:
    formats = settings.current().formats
    return (found for found in _fed_by_files(resources) if found.format.lower() in formats)


def _submit_all(resources: Iterable[_Found], ignore_hash: bool, *, dry_run: bool = False) -> bool:
    """Request the loads, and return whether all are queued."""
    user = portal.site_user()
    results = [_submit(found.id, user, ignore_hash=ignore_hash, dry_run=dry_run) for found in resources]
    click.echo(f"{sum(results):,} queued, {len(results) - sum(results):,} failed.")
    return all(results)


def _submit(resource_id: str, user: str, **wish: bool) -> bool:
    click.echo(f"Submitting {resource_id}... ", nl=False)
    try:
        accepted = tk.get_action("datapusher_submit")(
            {"user": user, "ignore_auth": True}, {"resource_id": resource_id, **wish}
        )
    except (tk.ValidationError, tk.ObjectNotFound) as error:
        if isinstance(error, tk.ValidationError) and UNMIGRATED in error.error_dict:
            # the error is the same for every resource
            raise
        click.echo(escaped(f"Fail: {error}"))
        return False
    waits = not accepted and _waits(resource_id)
    declined = "Fail: it has no file of its own, or a plugin of this site declined it."
    click.echo("OK" if accepted else "OK: it waits already." if waits else declined)
    return accepted or waits


def _waits(resource_id: str) -> bool:
    latest = records.latest(resource_id)
    return latest is not None and latest.state is State.QUEUED


def _show_overview(as_json: bool) -> None:
    latest = sa.select(run).distinct(run.c.resource_id).order_by(run.c.resource_id, *LOADS_FIRST).subquery()
    columns = [latest.c[name] for name in ("resource_id", "state", "rows", "requested_at", "finished_at", "message")]
    rows = model.Session.execute(sa.select(*columns).order_by(latest.c.requested_at)).mappings().all()
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], default=str, indent=2))
        return
    click.echo(f"{'resource':36}  {'state':22}  {'rows':>12}  asked for (UTC)      what happened")
    for row in rows:
        count = "" if row["rows"] is None else f"{row['rows']:,}"
        asked = f"{row['requested_at']:%Y-%m-%d %H:%M:%S}"
        said = escaped(row["message"] or "")
        click.echo(f"{row['resource_id']:36}  {row['state']:22}  {count:>12}  {asked}  {said}".rstrip())


def _show_one(resource: str, as_json: bool) -> None:
    user = portal.site_user()
    try:
        found = tk.get_action("datapusher_status")({"user": user, "ignore_auth": True}, {"resource_id": resource})
    except tk.ObjectNotFound as error:
        raise click.ClickException(f"Nothing was ever loaded for resource {resource!r}.") from error
    if as_json:
        click.echo(json.dumps(found, default=str, indent=2))
        return
    task: dict[str, Any] = found["task_info"] or {}
    which = f" (try {task['tries']} of {task['most_tries']})" if task.get("tries", 1) > 1 else ""
    message = task.get("message") or (found["error"] or {}).get("message", "")
    click.echo(f"{task.get('state') or found['status']}{which}: {escaped(message or '')}")
    for line in task.get("logs") or []:
        click.echo(f"{line['timestamp']}  {line['level']:8}  {escaped(line['message'])}")
