"""``worker``, ``deploy`` and ``recover``, for operators. Prefect is imported only by the commands that need it."""

from __future__ import annotations

import click
from sqlalchemy.exc import SQLAlchemyError

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.safe_text import one_line
from ckanext.datapusher_plus.health import ckan_database
from ckanext.datapusher_plus.health.finding import CheckState


@click.command(short_help="Load files as they are uploaded.")
@click.option("--limit", type=click.IntRange(min=1), help="Runs at once (default: worker_limit).")
@click.option("--pool", default="", help="Prefect work pool (default: prefect_work_pool).")
@click.pass_context
def worker(ctx: click.Context, limit: int | None, pool: str) -> None:
    """Run requested loads until stopped by SIGTERM or Ctrl-C.

    Starts a Prefect server if none is configured, creates the work pool and the deployment, recovers runs that an
    earlier worker left unfinished, and then loads files. When it is stopped, it waits for its running loads.
    """
    from ckanext.datapusher_plus.portal import app
    from ckanext.datapusher_plus.prefect_server import server
    from ckanext.datapusher_plus.worker import service

    _see_migrated()
    app.adopt(ctx.obj.app)
    try:
        service.work(settings.current(), _say, limit=limit, pool=pool)
    except server.ServerFailed as error:
        raise click.ClickException(one_line(str(error))) from error


def _say(sentence: str) -> None:
    """Print a sentence as one line, because it may contain text from a server."""
    click.echo(one_line(sentence))


def _see_migrated() -> None:
    """Refuse to start without the plugin's tables; if the database does not answer, the worker waits for it later.

    :raises click.ClickException: when migrations are not applied; names the command to run.
    """
    try:
        found = ckan_database.migrated()
    except SQLAlchemyError:
        return
    if found.state is CheckState.FAIL:
        raise click.ClickException(f"{found.sentence} {found.advice}")


@click.command(short_help="Make Prefect's work pool and deployment.")
@click.option("--pool", default="", help="Prefect work pool (default: prefect_work_pool).")
@click.option("--type", "kind", default="", help="Type of the pool, such as ckan, process, docker or kubernetes.")
def deploy(pool: str, kind: str) -> None:
    """Create the work pool, if it is missing, and the deployment for runs."""
    from ckanext.datapusher_plus.worker import deployment as deploying
    from ckanext.datapusher_plus.worker import service

    try:
        made = service.deploy_once(settings.current(), pool=pool, kind=kind)
    except deploying.DeployFailed as error:
        raise click.ClickException(one_line(str(error))) from error
    _say(made)


@click.command(short_help="Repair what interrupted runs left behind.")
@click.argument("resource_id", required=False)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.pass_context
def recover(ctx: click.Context, resource_id: str | None, dry_run: bool) -> None:
    """Restore tables and Data Dictionaries after a crash, of one resource or of all. Workers do this automatically."""
    from ckanext.datapusher_plus.flow.cancelled import was_cancelled
    from ckanext.datapusher_plus.portal import app
    from ckanext.datapusher_plus.recovery import sweep
    from ckanext.datapusher_plus.runs import queue

    app.adopt(ctx.obj.app)
    done = sweep.sweep(resource_id, dry_run=dry_run, was_cancelled=was_cancelled)
    for sentence in done:
        _say(sentence)
    things = f"{len(done)} thing{'s' if len(done) > 1 else ''} {'found' if dry_run else 'done'}."
    click.echo(things if done else "Nothing needed to be repaired.")
    if waiting := len(queue.waiting()):
        click.echo(f"Loads that wait for a worker (ckan datapusher_plus worker): {waiting}.")
