"""Give a table the alias that the site's template asks for."""

from __future__ import annotations

from .. import portal, settings
from ..core import alias as template
from ..core.message import say
from ..core.values import Log
from ..datastore import aliases, connect
from ..datastore.connect import Connection
from ..runs import aliases as registry

FAILED = say(
    "The table got no alias. Load again later, or ask the site's administrator, who finds the reason in the log."
)


def give_alias(resource_id: str, log: Log) -> None:
    """Give a resource's table its alias, if the site wants one; those that it was given before stay.

    It can be repeated: what is there already stays as it is.
    """
    site = settings.current()
    if not site.auto_alias:
        return
    wanted = template.alias(site.auto_alias, **portal.names(resource_id))
    given = registry.given(resource_id)
    with connect.connect("datapusher_plus alias", autocommit=True) as connection:
        for name in given.values():
            if not aliases.make(connection, resource_id, name):
                log.info(
                    say("The alias “{name}” could not be made again: something else has that name now.", name=name)
                )
        if not wanted or wanted in given:
            return
        name = _claim(connection, resource_id, wanted, numbers=site.auto_alias_unique)
    if name:
        log.info(say("The table can also be read under the name “{name}”.", name=name))
    else:
        log.info(say("The table got no alias: something else is called “{name}”.", name=wanted))


def _claim(connection: Connection, resource_id: str, wanted: str, *, numbers: bool) -> str | None:
    """Give the table the first of the names that nothing else has, and return it."""
    for name in template.numbered(wanted) if numbers else [wanted]:
        if registry.claim(resource_id, name, wanted=wanted):
            if aliases.make(connection, resource_id, name):
                return name
            registry.release(name)
    return None
