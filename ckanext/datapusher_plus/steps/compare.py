"""Skip a file that the table already holds, but make sure that CKAN shows the table."""

from __future__ import annotations

from .. import portal, settings
from ..core.errors import Unchanged, Undone
from ..core.kept import is_undone
from ..core.load_plan import load_key
from ..core.values import Log, Ticket
from ..datastore import catalog, connect
from ..recovery.kept_dictionary import kept_dictionary
from ..recovery.restore import show
from .plan import rules


def compare(ticket: Ticket, file_hash: str, last_load_key: str | None, log: Log, undone_key: str | None = None) -> None:
    """End the run if the last successful run would have made the same table, and that table exists.

    :param undone_key: load key of the file whose load was undone, unless somebody has asked for the file since.
    :raises Unchanged: when that is so.
    :raises Undone: when the load of this file was undone.
    """
    if settings.current().ignore_file_hash:
        last_load_key = None
    if ticket.ignore_hash or not (last_load_key or undone_key):
        return
    with connect.connect() as connection:
        live = catalog.dictionary(connection, ticket.resource_id)
    if live is None:
        return
    kept = kept_dictionary(ticket.resource_id, live, log)
    key = load_key(file_hash=file_hash, resource_format=ticket.format, options=ticket.options, kept=kept, rules=rules())
    if key == last_load_key:
        raise Unchanged(shown_again=_show(ticket))
    if is_undone(key, undone_key):
        raise Undone


def _show(ticket: Ticket) -> bool:
    """Set ``datastore_active`` if a client that does not know the field dropped it, and return whether it did."""
    if ticket.dry_run or portal.standings([ticket.resource_id])[ticket.resource_id].flag:
        return False
    return show(ticket.resource_id)
