"""Checks of the datastore's database: the rights of its two roles, and leftovers of loads."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .. import settings
from ..core.errors import DatastoreGone
from ..datastore import selftest
from ..datastore.connect import Connection
from ..datastore.lock import is_free
from . import ckan_database, sessions
from .finding import Verdict, fail, ok, together, warn
from .wording import reason, some

_PERMISSIONS = "Run: ckan datastore set-permissions | psql, as a superuser of the database."


def reachable() -> Verdict:
    """Check that the datastore's database answers and is writable."""
    try:
        with selftest.connected("write") as connection:
            read_only = selftest.ask(connection, "SELECT pg_is_in_recovery()")
    except DatastoreGone as error:
        return _away(error, "write")
    if read_only:
        return fail(
            "The datastore's database is a replica, which nobody can write.",
            "Point ckan.datastore.write_url to the primary.",
        )
    return ok("The datastore's database answers.")


def write_role() -> Verdict:
    """Check that the write role has every right that CKAN and a load need, and that sessions are not pooled."""
    with selftest.connected("write") as connection:
        refused = selftest.refusals(connection)
        strangers = selftest.of_strangers(connection)
    pooled = sessions.lent()
    troubles = [pooled] if pooled else []
    troubles += [fail(f"The write role may not {each.what}: {each.reason}.", _PERMISSIONS) for each in refused]
    if strangers.count:
        named = some(strangers.count, strangers.example)
        sentence = f"Tables that do not belong to the write role, so that no load can replace them: {named}."
        troubles.append(
            fail(sentence, "Give them to the write role: ALTER TABLE … OWNER TO …, or REASSIGN OWNED BY ….")
        )
    return together(troubles, "The write role may do all that a load does.")


def read_role() -> Verdict:
    """Check that the read role can read every table, and cannot create one."""
    try:
        with selftest.connected("read") as reading:
            reader = selftest.ask(reading, "SELECT current_user")
            refused = list(_refused(reading))
    except DatastoreGone as error:
        return _away(error, "read")
    with selftest.connected("write") as writing:
        if not selftest.is_readable_when_new(writing, reader):
            refused.append(fail("The read role does not see the tables that the write role makes.", _PERMISSIONS))
    return together(refused, "The read role sees every table, new ones too, and can make none.")


def _refused(reading: Connection) -> Iterator[Verdict]:
    hidden = selftest.unreadable(reading)
    if hidden.count:
        sentence = f"Tables that the read role may not read: {some(hidden.count, hidden.example)}."
        yield fail(sentence, _PERMISSIONS)
    if not selftest.ask(reading, "SELECT has_table_privilege(to_regclass('public._table_metadata'), 'SELECT')"):
        yield fail("The read role may not read CKAN's view _table_metadata.", _PERMISSIONS)
    if selftest.ask(reading, "SELECT has_schema_privilege('public', 'CREATE')"):
        yield fail("The read role may make tables, and so may everybody who can send queries.", _PERMISSIONS)


def journal() -> Verdict:
    """Check that the write role can write the journal of loads, if it exists already."""
    with selftest.connected("write") as connection:
        if not selftest.journal_is_made(connection):
            return ok("The journal of loads is not made yet; the first load makes it.")
        if selftest.journal_is_writable(connection):
            return ok("The journal of loads can be written.")
    return fail(
        "The write role may not write the journal of loads, _datapusher_plus_journal.",
        "Give it to the write role: ALTER TABLE _datapusher_plus_journal OWNER TO ….",
    )


def leftovers() -> Verdict:
    """Look for leftovers of dead runs that no sweep has removed for longer than ``flow_timeout``."""
    patience = settings.current().flow_timeout
    with selftest.connected("write") as connection:
        suspects = selftest.resources_with_leftovers(connection)
    with ckan_database.connected() as connection:
        quiet = ckan_database.quiet_since(connection, suspects)
    old = sorted(each for each in suspects if quiet.get(each, math.inf) > patience and is_free(each))
    if not old:
        return ok("No dead run has left anything behind.")
    return warn(
        f"Resources of which dead runs left something that no worker clears away: {some(len(old), old[0])}.",
        "See that a worker runs, or do it by hand: ckan datapusher_plus recover",
    )


def _away(error: DatastoreGone, role: str) -> Verdict:
    # the error's own message is for publishers, and names no host
    return fail(
        f"The datastore's database does not answer the {role} role: {reason(error.__cause__ or error)}.",
        f"Start PostgreSQL, or correct ckan.datastore.{role}_url.",
    )
