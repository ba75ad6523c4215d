"""``words``: draft entries of Data Dictionaries, decide about drafts, and see which columns need a description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context

from ..core.errors import IngestError
from ..core.safe_text import cut, escaped
from ..portal import site_user
from ..words import annotations
from ..words.reconcile import reconcile as compare

#: Characters of a name and of a value in a line.
_NAME, _VALUE = 24, 40
_as_user = click.option("--user", help="Do it as this user, with this user's permissions (default: the site user).")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")


@click.group(short_help="Draft descriptions of columns, and see which are missing.")
def words() -> None:
    """Draft entries of Data Dictionaries, decide about drafts, and see which columns need a description."""


@words.command(short_help="Draft entries of a table's Data Dictionary.")
@click.argument("resource")
@click.option("--column", "columns", multiple=True, help="Only this column; may be given several times.")
@click.option("--by", type=click.Choice(["rules", "model"]), default="rules", help="Who drafts (default: rules).")
@_as_user
def draft(resource: str, columns: tuple[str, ...], by: str, user: str | None) -> None:
    """Draft entries of the Data Dictionary of RESOURCE (an id) from the statistics of its table."""
    made = _call("annotation_draft", user, resource_id=resource, columns=list(columns), by=by)
    click.echo(f"New drafts: {made['created']:,}.")


@words.command("list", short_help="List the drafts of a table.")
@click.argument("resource")
@click.option("--column", help="Only drafts for this column.")
@click.option("--kind", help="Only label, notes, unit, semantic_type, pii or codes.")
@click.option("--state", default="open", help="open (default), accepted, rejected, superseded or all.")
@_as_json
@_as_user
def list_(resource: str, column: str | None, kind: str | None, state: str, as_json: bool, user: str | None) -> None:
    """List the drafts for the columns of RESOURCE (an id)."""
    asked = {"column": column, "kind": kind, "state": state}
    found = _call("annotation_list", user, resource_id=resource, **{key: text for key, text in asked.items() if text})
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("There are no such drafts.")


@words.command(short_help="Write a draft to the Data Dictionary.")
@click.argument("number", type=int)
@click.option("--text", help="Write this text instead of the draft's own.")
@click.option("--overwrite", is_flag=True, help="Also replace an entry that is not empty.")
@_as_user
def accept(number: int, text: str | None, overwrite: bool, user: str | None) -> None:
    """Write the draft with this NUMBER to the Data Dictionary; the earlier one is kept."""
    given = {"text": text} if text is not None else {}
    done = _call("annotation_accept", user, id=number, overwrite=overwrite, **given)
    click.echo(f"{escaped(done['column'])}: {done['key']} is now {_shown(done['value'])}.")


@words.command(short_help="Reject a draft for good.")
@click.argument("number", type=int)
@click.option("--why", default="", help="The reason.")
@_as_user
def reject(number: int, why: str, user: str | None) -> None:
    """Reject the draft with this NUMBER; later loads do not propose it again."""
    _call("annotation_reject", user, id=number, why=why)
    click.echo(f"Draft {number} is rejected.")


@words.command(short_help="Delete the open drafts of a table.")
@click.argument("resource")
def clear(resource: str) -> None:
    """Delete the open drafts that the plugin has made for RESOURCE (an id); those that people decided about stay."""
    click.echo(f"Open drafts deleted: {annotations.clear(resource):,}.")


@words.command(short_help="Show the column to describe next.")
@click.option("--organization", help="Only columns of this organization (an id or a name).")
@click.option("--package", help="Only columns of this dataset (an id or a name).")
@_as_json
@_as_user
def next(organization: str | None, package: str | None, as_json: bool, user: str | None) -> None:
    """Show the column that should be described next; it stays free for everybody."""
    asked = {key: name for key, name in (("organization", organization), ("package", package)) if name}
    found = _call("words_next", user, claim=False, **asked)["next"]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif found is None:
        click.echo("There is no column to describe.")
    else:
        click.echo(f"{escaped(found['column']['name'])} ({found['column']['type']}), column {found['column']['id']}")
        click.echo(f"dataset {_title(found['dataset'])}, resource {found['resource']['id']}")
        click.echo(f"readers who ask for a description: {found['wishes']:,}; drafts: {len(found['drafts']):,}")
        for each in found["drafts"]:
            click.echo(_line(each))


@words.command(short_help="Show how many columns are described.")
@click.option("--organization", help="Only this organization (an id or a name).")
@_as_json
@_as_user
def progress(organization: str | None, as_json: bool, user: str | None) -> None:
    """Show for each organization how many columns of its tables have a description."""
    found = _call("words_progress", user, **({"organization": organization} if organization else {}))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for each in found:
        name = _title(each["organization"]) if each["organization"] else "datasets without an organization"
        click.echo(f"{each['described']:>9,} of {each['columns']:>9,}  {name}")
    if not found:
        click.echo("There are no tables.")


@words.command(short_help="Compare the list of columns with all tables.")
def reconcile() -> None:
    """Compare the list of columns with all tables, and make the queue of columns to describe anew."""
    try:
        wrong = compare()
    except IngestError as error:
        raise click.ClickException(f"The columns could not be compared. {error}") from error
    click.echo(f"Resources that were out of date: {wrong:,}. The queue is made anew.")


def _call(action: str, user: str | None, **given: Any) -> Any:
    """Call one of the plugin's actions as a user.

    :raises click.ClickException: with the action's own sentence, when it fails.
    """
    name = user or site_user()
    if model.User.get(name) is None:
        raise click.ClickException(f"There is no user {name!r}.")
    try:
        return tk.get_action(f"datapusher_plus_{action}")(Context(user=name), given)
    except tk.ValidationError as error:
        raise click.ClickException("; ".join(f"{key}: {text}" for key, text in error.error_summary.items())) from error
    except tk.ObjectNotFound as error:
        raise click.ClickException(str(error.message or "Not found.")) from error
    except tk.NotAuthorized as error:
        raise click.ClickException(f"The user {name!r} may not do this.") from error


def _line(draft: Mapping[str, Any]) -> str:
    sure = "" if draft["confidence"] is None else f"{draft['confidence']:.0%}"
    votes = f"+{draft['votes_for']} -{draft['votes_against']}"
    name, value = cut(escaped(draft["column"]), _NAME), cut(_shown(draft["value"]), _VALUE)
    text = f"{name:{_NAME}}  {draft['kind']:13}  {value:{_VALUE}}"
    return f"{draft['id']:>8}  {text}  {draft['state']:10}  {sure:>4}  {votes}"


def _shown(value: object) -> str:
    return escaped(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _title(of: Mapping[str, Any]) -> str:
    return escaped(of["title"] or of["name"])
