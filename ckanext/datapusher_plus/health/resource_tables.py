"""The check that compares the datastore's tables with their resources in CKAN."""

from __future__ import annotations

from collections.abc import Iterator

from .. import waits
from ..recovery import upkeep
from ..recovery.mismatches import Wrong
from .finding import Verdict, fail, together, warn
from .wording import some

_RECOVER = "See that a worker runs, or correct it by hand: ckan datapusher_plus recover"


def tables() -> Verdict:
    """Check that no deleted resource has a table, and that ``datastore_active`` is right."""
    found: dict[Wrong, list[str]] = {wrong: [] for wrong in Wrong}
    for each in upkeep.every(waits.CHECK_TABLES):
        if each.resource_id not in found[each.wrong]:
            found[each.wrong].append(each.resource_id)
    return together(_troubles(found), "No deleted resource has a table, and CKAN shows every table of a load.")


def _troubles(found: dict[Wrong, list[str]]) -> Iterator[Verdict]:
    def named(wrong: Wrong) -> str:
        return some(len(found[wrong]), found[wrong][0])

    if found[Wrong.LEFT]:
        yield fail(f"Deleted resources that still have a table or a stash: {named(Wrong.LEFT)}.", _RECOVER)
    if found[Wrong.HIDDEN]:
        sentence = f"Resources whose table nobody sees, because datastore_active is not set: {named(Wrong.HIDDEN)}."
        yield fail(sentence, _RECOVER)
    if found[Wrong.MISSING]:
        yield warn(f"Resources with datastore_active but without a table: {named(Wrong.MISSING)}.", _RECOVER)
    if found[Wrong.STRANGE]:
        yield warn(
            f"Tables of resources that CKAN's database does not know: {named(Wrong.STRANGE)}.",
            "If they are of purged resources, delete each: ckan datapusher_plus recover RESOURCE_ID",
        )
