"""``stash``: commands to show, restore and remove the Data Dictionaries that are kept on disk."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from .. import dictionary_stash, settings
from ..core.dictionary.comment import lines
from ..core.dictionary.model import Dictionary
from ..core.dictionary.model import as_json as to_json
from ..core.errors import IngestError, TableInUse
from ..core.safe_text import escaped, one_line
from ..datastore.lock import ResourceLock
from ..dictionary_stash import history
from ..recovery.restore_dictionary import Brought, bring_back, carry

#: Name of the pending stash among the entries.
PENDING = "stash"

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
_entry = click.option(
    "--entry", default="", metavar="N|ID", help="An earlier dictionary: 1 is the newest; “stash” is the pending stash."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One Data Dictionary on disk: the pending stash or an earlier version."""

    id: str
    at: datetime
    why: str
    run_id: str
    dictionary: Dictionary

    def head(self) -> dict[str, Any]:
        """Return everything except the dictionary itself, as JSON types."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "why": self.why,
            "run_id": self.run_id,
            "described": len(self.dictionary.described),
        }


@click.group(short_help="Look after Data Dictionaries on disk.")
def stash() -> None:
    """Show Data Dictionaries that are kept on disk, and restore them."""


@stash.command("list", short_help="Show the resources that something is kept of.")
@_json
def list_(as_json: bool) -> None:
    """Show the resources of which a Data Dictionary is kept."""
    with _errors_as_sentences():
        pending = set(dictionary_stash.pending())
        found = [_overview(resource, pending) for resource in sorted({*pending, *history.resources()})]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"{'resource':36}  {'stash':7}  {'earlier':>7}  newest of these")
    for one in found:
        waits = "pending" if one["pending"] else ""
        click.echo(f"{one['resource_id']}  {waits:7}  {len(one['earlier']):>7}  {''.join(one['earlier'][:1])}".rstrip())


def _overview(resource_id: str, pending: set[str]) -> dict[str, Any]:
    # reads only file names, because there may be a hundred thousand resources
    return {"resource_id": resource_id, "pending": resource_id in pending, "earlier": history.ids(resource_id)}


@stash.command(short_help="Show what is kept of a resource.")
@click.argument("resource")
@_entry
@_json
def show(resource: str, entry: str, as_json: bool) -> None:
    """Show which dictionaries of RESOURCE (an id) are kept, or with --entry the content of one."""
    with _errors_as_sentences():
        found = _entries(resource)
        gone = dictionary_stash.removed(resource)
    if entry:
        _show_one(_chosen(found, entry), as_json)
        return
    if as_json:
        entries = [one.head() for one in found]
        click.echo(json.dumps({"entries": entries, "vanished": [column.name for column in gone]}, indent=2))
        return
    for number, one in enumerate(found, start=0 if found and found[0].id == PENDING else 1):
        click.echo(f"{number or PENDING:>5}  {one.at:%Y-%m-%d %H:%M:%S}  {_because(one)}")
    if gone:
        click.echo(_clean(f"Kept until the column comes back: {', '.join(column.name for column in gone)}."))
    if not found and not gone:
        click.echo("Nothing is kept of this resource.")


def _because(entry: Entry) -> str:
    run = f" by run {_clean(entry.run_id)}" if entry.run_id else ""
    return f"{entry.why:8}  {len(entry.dictionary.described):>5} columns described  {entry.id}{run}"


def _show_one(entry: Entry, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(entry.head() | {"dictionary": to_json(entry.dictionary)}, indent=2))
        return
    for column in (*entry.dictionary.columns, *entry.dictionary.removed):
        click.echo(_clean(f"{column.name} ({column.type})"))
        for key, text in lines(column.comment):
            click.echo(f"    {_clean(f'{key}: {text}' if key else text)}")


@stash.command(short_help="Bring an earlier dictionary back.")
@click.argument("resource")
@_entry
@click.option("--overwrite", is_flag=True, help="Also replace what is written now; that is kept as an earlier one.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def restore(resource: str, entry: str, overwrite: bool, dry_run: bool) -> None:
    """Fill in what is empty in RESOURCE's Data Dictionary from an earlier one, by default the newest."""
    with _errors_as_sentences():
        chosen = _chosen(_entries(resource), entry)
        _same_user()
        brought = bring_back(resource, chosen.dictionary, overwrite=overwrite, dry_run=dry_run)
    for sentence in _sentences(brought, dry_run):
        click.echo(_clean(sentence))


@stash.command("carry", short_help="Give a renamed column the words of its old name.")
@click.argument("resource")
@click.argument("old")
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def carry_(resource: str, old: str, new: str, dry_run: bool) -> None:
    """Copy the Data Dictionary entries of RESOURCE's column OLD, which the table no longer has, to its column NEW."""
    with _errors_as_sentences():
        _same_user()
        brought = carry(resource, old, new, dry_run=dry_run)
    if brought.columns:
        click.echo(_clean(f"{'Would be carried' if dry_run else 'Carried'} over: {old} to {new}."))
    else:
        click.echo("There was nothing to carry over: the column says it all already.")


def _sentences(brought: Brought, dry_run: bool) -> Iterator[str]:
    if brought.columns:
        yield f"{'Would be brought back' if dry_run else 'Brought back'}: {', '.join(brought.columns)}."
    if brought.absent:
        yield f"Not in the table now, kept until the column comes back: {', '.join(brought.absent)}."
    if not brought.columns and not brought.absent:
        yield "There was nothing to bring back: the table says it all already."


@stash.command(short_help="Forget what is kept of a resource.")
@click.argument("resource")
@click.option("--history", "all_of_it", is_flag=True, help="Also remove the earlier dictionaries.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def clear(resource: str, all_of_it: bool, yes: bool) -> None:
    """Remove the pending stash of RESOURCE permanently. Its table is not changed."""
    with _errors_as_sentences():
        found = _entries(resource)
    doomed = [one for one in found if all_of_it or one.id == PENDING]
    if not doomed:
        click.echo("There is nothing to remove.")
        return
    if not yes:
        click.confirm(f"{len(doomed)} dictionaries of {resource} will be removed for good. Continue?", abort=True)
    with _errors_as_sentences(), ResourceLock(resource) as lock:
        if not lock.acquire():
            raise TableInUse
        removed = int(dictionary_stash.clear(resource)) + (history.clear(resource) if all_of_it else 0)
    click.echo(f"{removed} removed.")


def _entries(resource: str) -> list[Entry]:
    """Return the dictionaries of a resource on disk: the pending stash, then earlier versions, newest first."""
    pending = dictionary_stash.load(resource)
    waiting = pending and Entry(
        id=PENDING, at=pending.saved_at, why="pending", run_id=pending.run_id, dictionary=pending.dictionary
    )
    earlier = (
        Entry(id=kept.id, at=kept.at, why=kept.why.value, run_id=kept.run_id, dictionary=kept.dictionary)
        for kept in history.entries(resource)
    )
    return [*([waiting] if waiting else []), *earlier]


def _chosen(found: list[Entry], entry: str) -> Entry:
    """Return the entry with a number or id; if ``entry`` is empty the newest earlier version, else the stash.

    :raises click.ClickException: when there is no such entry.
    """
    earlier = [one for one in found if one.id != PENDING]
    if not entry and found:
        return (earlier or found)[0]
    if entry.isdecimal() and 1 <= int(entry) <= len(earlier):
        return earlier[int(entry) - 1]
    named = [one for one in found if one.id == entry]
    if not named:
        raise click.ClickException("There is no such entry. “stash show RESOURCE” lists what there is.")
    return named[0]


def _same_user() -> None:
    """Refuse to run as root if another user owns the stash folder: the worker does not read files of root.

    :raises click.ClickException: names the user to run the command as.
    """
    folder = settings.current().dictionary_stash_dir
    owner = folder.stat().st_uid if folder.exists() else 0
    if os.geteuid() == 0 and owner != 0:
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        raise click.ClickException(
            f"Run this as the user {name}, who owns {folder}: a worker would not read root's files."
        )


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Replace the traceback of an expected error by one sentence.

    :raises click.ClickException: when the block raises OSError, IngestError or ValueError.
    """
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{settings.current().dictionary_stash_dir}: {error.strerror or error}.") from error
    except (IngestError, ValueError) as error:
        raise click.ClickException(one_line(f"{error}")) from error


def _clean(text: str) -> str:
    # labels come from users, and a terminal would execute control characters in them
    return escaped(text)
