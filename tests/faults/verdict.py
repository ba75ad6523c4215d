"""Judge the final state of a resource: rows, labels and descriptions, dependent objects, and leftovers."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import requests

from ckanext.datapusher_plus.core import table_names
from ckanext.datapusher_plus.datastore.lock import key_of
from dev.portal import ActionFailed
from dev.stack import MAIN
from tests.faults.cases import GONE
from tests.faults.site import Site
from tests.faults.tables import EDITED, Resource, Seen, kept_words

if TYPE_CHECKING:
    from tests.faults.trial import Trial

#: The column that a changed file no longer has, or has with another type.
TOUCHED = {"renamed": "land", "removed": "land", "retyped": "menge"}
#: Changes that add a column or type with its own index.
GROWS = ("renamed", "added", "retyped")


def over(site: Site, resources: Sequence[str]) -> set[str]:
    """Return the resources that have runs, of which none is queued or running."""
    found = site.query(
        MAIN.ckan_db,
        "SELECT resource_id FROM datapusher_plus_run WHERE resource_id = ANY(%s) GROUP BY resource_id"
        " HAVING bool_and(state NOT IN ('queued', 'running'))",
        list(resources),
    )
    return {row[0] for row in found}


def open_ends(site: Site, resources: Sequence[str], gone: AbstractSet[str] = frozenset()) -> dict[str, list[str]]:
    """Return what is left of runs, by resource.

    :param gone: deleted resources, whose tables count as left over too.
    """
    left: dict[str, list[str]] = {resource: [] for resource in resources}
    runs = site.query(
        MAIN.ckan_db,
        "SELECT resource_id, id, state FROM datapusher_plus_run WHERE resource_id = ANY(%s)",
        list(resources),
    )
    folders = {folder.name for folder in site.work_disk.path.iterdir()}
    for resource, run, state in runs:
        if state in ("queued", "running"):
            left[resource].append(f"a run is {state}")
        elif run in folders:
            left[resource].append(f"the work folder of run {run}")
    for temporary in site.stash_disk.path.rglob("*.tmp"):
        if (resource := temporary.name.lstrip(".")[:36]) in left:
            left[resource].append(f"the temporary file {temporary.name}")
    _in_datastore(site, left, gone)
    for (table,) in site.query(MAIN.datastore_db, "SELECT relname FROM pg_class WHERE relname = ANY(%s)", list(gone)):
        if table in left:
            left[table].append("the table of a deleted resource")
    return left


def _in_datastore(site: Site, left: dict[str, list[str]], gone: AbstractSet[str]) -> None:
    with site.database(MAIN.datastore_db) as connection:
        tables = connection.execute("SELECT relname::text FROM pg_class WHERE starts_with(relname, '_dpp_')").fetchall()
        for (table,) in tables:
            if (resource := table_names.resource_of(table)) in left:
                left[resource].append(f"the table {table}")
            kept_of = table_names.resource_of_kept(table)
            if kept_of and kept_of in gone:
                left[kept_of].append(f"the table {table}, kept for an undo")
        locks = connection.execute(
            "SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
        ).fetchall()
        for resource, ends in left.items():
            if (key_of(resource),) in locks:
                ends.append("the resource's lock")
        if connection.execute("SELECT to_regclass('_datapusher_plus_journal')").fetchone() == (None,):
            return
        entries = connection.execute(
            "SELECT resource_id, phase FROM _datapusher_plus_journal WHERE phase IN ('stashed', 'destructive')"
        ).fetchall()
        for resource, phase in entries:
            if resource in left:
                left[resource].append(f"an open row of the journal ({phase})")


def judge(site: Site, trial: Trial) -> None:
    """Read the table, and add everything that is not as expected to the trial's findings."""
    resource, case = trial.resource, trial.case
    seen = resource.look()
    trial.rows = rows_of(resource, seen)
    if case.forgets and trial.rows.startswith("broken"):
        # the client removed the table before the load read it, so this was a first load
        resource.before, resource.trigger = None, False
        trial.rows = rows_of(resource, seen)
    trial.ended = _ended(site, resource.id)
    found = trial.findings
    if trial.rows not in case.expected:
        found.append(f"rows: {trial.rows}, where {' or '.join(sorted(case.expected))} was to be; {trial.ended}")
    if case.situation in GONE:
        found += [f"left: {thing}" for thing in _left(site, resource)]
        return
    if case.situation != "undo" and _loaded_twice(site, resource):
        found.append(f"double: the newest file was loaded more than once; {trial.ended}")
    if lie := _lie(site, trial):
        found.append(f"told: {lie}, while the rows are {trial.rows}; {trial.ended}")
    if seen is not None:
        found += [f"search: {seen.unsearchable} rows without text"] if seen.unsearchable else []
        found += [f"words: {lost}" for lost in lost_words(resource, seen)]
        if case.situation != "table-deleted":
            change = case.situation if trial.rows == "new" else ""
            found += [f"hanging: {lost}" for lost in lost_things(resource, seen, change)]
    found += [f"portal: {wrong}" for wrong in wrong_in_portal(resource, seen, trial.rows)]


def _left(site: Site, resource: Resource) -> list[str]:
    """Return the leftovers of a resource that was deleted before its load had ended."""
    names = site.query(
        MAIN.datastore_db,
        "SELECT relname::text FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'v') UNION ALL"
        " SELECT 'journal: ' || phase FROM _datapusher_plus_journal WHERE resource_id = %s",
        [f"{beginning}_{resource.id[:8]}" for beginning in ("staedte", "cities", "nach_ort", "grosse")],
        resource.id,
    )
    reply = requests.get(
        f"{site.stack.ckan_url}/api/3/action/datastore_search", params={"resource_id": resource.id}, timeout=30
    )
    return [*(name for (name,) in names), *(["a stranger reads its rows"] if reply.ok else [])]


def rows_of(resource: Resource, seen: Seen | None) -> str:
    """Return whose rows the table holds: ``new``, ``old``, ``version N``, ``empty``, ``none`` or ``broken: …``."""
    if seen is None:
        return "none"
    if not seen.rows:
        return "empty"
    files = [(file, file.expected(trigger=resource.trigger, days=resource.before is None)) for file in resource.files]
    newest, wanted = files[-1]
    if (seen.columns, seen.rows) == (newest.header, wanted):
        return "new"
    if resource.before and (seen.columns, seen.rows) == (resource.before.columns, resource.before.rows):
        return "old"
    if between := [file for file, rows in files if rows == seen.rows]:
        return f"version {between[0].version}"
    odd = next(((found, row) for found, row in zip(seen.rows, wanted, strict=False) if found != row), "")
    return f"broken: {len(seen.rows)} rows of {seen.columns}; {odd}"


def _ended(site: Site, resource_id: str) -> str:
    runs = site.query(
        MAIN.ckan_db,
        "SELECT state, message FROM datapusher_plus_run WHERE resource_id = %s ORDER BY requested_at, started_at",
        resource_id,
    )
    return " | ".join(f"{state}: {message}" for state, message in runs[-5:])


def _loaded_twice(site: Site, resource: Resource) -> bool:
    """Return whether the newest file was loaded more than once."""
    newest = hashlib.sha256(resource.files[-1].content()).hexdigest()
    ((loads,),) = site.query(
        MAIN.ckan_db,
        "SELECT count(*) FROM datapusher_plus_run WHERE resource_id = %s AND file_hash = %s"
        " AND state IN ('complete', 'complete_with_warnings')",
        resource.id,
        newest,
    )
    return loads > 1


def _lie(site: Site, trial: Trial) -> str:
    """Return the last run's state if it contradicts the table, else an empty string."""
    ((state,),) = site.query(
        MAIN.ckan_db,
        "SELECT state FROM datapusher_plus_run WHERE resource_id = %s ORDER BY finished_at DESC NULLS FIRST LIMIT 1",
        trial.resource.id,
    )
    good = state in ("complete", "complete_with_warnings", "skipped")
    return state if good != (trial.rows == "new") and trial.case.situation != "table-deleted" else ""


def lost_words(resource: Resource, seen: Seen) -> list[str]:
    """Return the comments of columns that are lost."""
    lost = []
    for column, comment in (resource.before.comments if resource.before else {}).items():
        if comment is None:
            continue
        if column == EDITED and resource.edits:
            lost += _lost_edits(resource, comment, seen.comments[column])
        elif column in seen.columns:
            if seen.comments[column] != comment:
                lost.append(f"{column}: {seen.comments[column]!r}, not {comment!r}")
        elif kept_words(resource.site, resource.id).get(column) != comment:
            lost.append(f"{column} has left the table, and nothing is kept of it")
    return lost


def _lost_edits(resource: Resource, before: str, found: str | None) -> list[str]:
    notes = json.loads(found or "{}").get("_info", {}).get("notes")
    # an edit that CKAN answered with an error may have been saved or not, so both are allowed
    if (notes and notes in resource.edits) or (None in resource.edits and found == before):
        return []
    return [f"the edit {resource.edits[-1]!r} is lost: {found}"]


def lost_things(resource: Resource, seen: Seen, change: str = "") -> list[str]:
    """Return the dependent objects that the table has lost, and those that it must not have."""
    if resource.before is None:
        return []
    touched = TOUCHED.get(change, "\0")
    missing = [" ".join(thing) for thing in resource.before.hanging - seen.hanging if touched not in thing[2]]
    if change in GROWS:
        return missing
    return missing + [f"unknown {' '.join(thing)}" for thing in seen.hanging - resource.before.hanging]


def wrong_in_portal(resource: Resource, seen: Seen | None, rows: str) -> list[str]:
    """Return what is wrong in CKAN's API; retry for 10 seconds, because connections may just have been cut."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return _ask(resource, seen, rows)
        except (ActionFailed, OSError) as error:
            if time.monotonic() > deadline:
                return [str(error)]
        time.sleep(0.2)


def _ask(resource: Resource, seen: Seen | None, rows: str) -> list[str]:
    act, wrong = resource.portal.act, []
    active = act("resource_show", id=resource.id).get("datastore_active")
    if bool(active) != (seen is not None):
        wrong.append(f"datastore_active is {active} though there is {'a' if seen else 'no'} table")
    if seen is None:
        return wrong
    found: dict[str, Any] = act("datastore_search", resource_id=resource.id, q=resource.files[-1].word)
    everything: dict[str, Any] = act("datastore_search", resource_id=resource.id, limit=0)
    if everything["total"] != len(seen.rows):
        wrong.append(f"datastore_search counts {everything['total']} of {len(seen.rows)} rows")
    if rows == "new" and found["total"] != len(seen.rows):
        wrong.append(f"datastore_search finds {found['total']} of {len(seen.rows)} rows by a word")
    return wrong
