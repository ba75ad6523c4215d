"""Checks of CKAN's own database, and of the plugin's tables in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from ckan.common import config
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from .. import waits
from ..model import run
from .finding import Verdict, fail, ok
from .wording import reason

_MIGRATIONS = Path(__file__).parents[1] / "migration" / "datapusher_plus"
_UPGRADE = "Run: ckan db upgrade -p datapusher_plus"


@contextmanager
def connected() -> Iterator[sa.Connection]:
    """Open a connection for one block; its transaction is rolled back at the end."""
    # CKAN's own engine has no connection timeout: a host that drops packets would block until the system's own
    engine = sa.create_engine(
        config["sqlalchemy.url"],
        poolclass=NullPool,
        connect_args={"connect_timeout": waits.CHECK_DATABASE, "application_name": "datapusher_plus check"},
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET statement_timeout = '{waits.CHECK_DATABASE}s'"))
        yield connection


def reachable() -> Verdict:
    """Check that CKAN's database answers and is writable."""
    try:
        with connected() as connection:
            read_only = connection.scalar(sa.text("SELECT pg_is_in_recovery()"))
    except OperationalError as error:
        return fail(
            f"CKAN's database does not answer: {reason(error)}.", "Start PostgreSQL, or correct sqlalchemy.url."
        )
    if read_only:
        return fail("CKAN's database is a replica, which nobody can write.", "Point sqlalchemy.url to the primary.")
    return ok("CKAN's database answers.")


def migrated() -> Verdict:
    """Check that exactly the migrations of this version of the plugin are applied."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    with connected() as connection:
        if not sa.inspect(connection).has_table("datapusher_plus_alembic_version"):
            return fail("The plugin's tables are not in CKAN's database yet.", _UPGRADE)
        query = sa.text("SELECT version_num FROM datapusher_plus_alembic_version")
        applied = set(connection.execute(query).scalars())
    known = {script.revision for script in scripts.walk_revisions()}
    if applied - known:
        return fail(
            "The plugin's tables were made by a newer version of the plugin than the one here.",
            "Install the same version on every machine.",
        )
    behind = known - {script.revision for script in scripts.iterate_revisions(tuple(applied) or "base", "base")}
    if behind:
        return fail(f"Migrations of the plugin that are not applied: {len(behind)} of {len(known)}.", _UPGRADE)
    return ok(f"All {len(known)} migrations of the plugin are applied.")


def quiet_since(connection: sa.Connection, resources: Iterable[str]) -> dict[str, float]:
    """Return, by resource, the seconds since its last run was requested, began or ended; omit those without runs."""
    latest = sa.func.max(sa.func.coalesce(run.c.finished_at, run.c.started_at, run.c.requested_at))
    seconds = sa.cast(sa.extract("epoch", sa.func.now() - latest), sa.Float)
    query = sa.select(run.c.resource_id, seconds).where(run.c.resource_id.in_(list(resources)))
    return {row[0]: row[1] for row in connection.execute(query.group_by(run.c.resource_id))}
