"""``undo``: bring the table from before the last load of a resource back."""

from __future__ import annotations

import click
from ckan.plugins import toolkit as tk
from ckan.types import Context

from .. import portal
from ..core.safe_text import escaped


@click.command(short_help="Undo the last load of a resource.")
@click.argument("resource")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def undo(resource: str, yes: bool) -> None:
    """Undo the last load of RESOURCE (an id): a worker brings the table from before it back.

    An undo can be undone, too.
    """
    context: Context = {"user": portal.site_user(), "ignore_auth": True}
    found = tk.get_action("datapusher_plus_undo_show")(context.copy(), {"resource_id": resource})
    if found is None:
        raise click.ClickException(f"There is no earlier table of resource {resource!r}.")
    name = (found["file"] or {}).get("name") or "a table that was not loaded from a file here"
    rows = "an unknown number of" if found["rows"] is None else f"{found['rows']:,}"
    click.echo(escaped(f"{name}: {rows} rows, loaded {found['loaded_at'] or 'at an unknown time'}."))
    if found["changed"]:
        click.echo("Rows of the present table were changed through the API; another undo brings them back.")
    if not yes:
        click.confirm("Bring this table back?", abort=True)
    asked = {"resource_id": resource, "run_id": found["run_id"]}
    try:
        queued = tk.get_action("datapusher_plus_undo")(context.copy(), asked)
    except tk.ValidationError as error:
        raise click.ClickException(escaped("; ".join(error.error_summary.values()))) from error
    click.echo(f"Run {queued['job_id']} is queued.")
