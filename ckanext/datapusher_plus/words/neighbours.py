"""Find the described columns of the same names in other tables of the organization."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..core.drafts.neighbours import Neighbour
from ..datastore import comments
from ..model.database import transaction

#: Tables that are asked about one name.
MOST = 50

# A private dataset's texts are for those who may read it: the members of its organization. A collaborator of this
# dataset is not one, so they are left out when it has any.
_FIND = sa.text("""
WITH mine AS (
    SELECT p.id, p.owner_org, p.private
        AND NOT EXISTS (SELECT FROM package_member AS m WHERE m.package_id = p.id) AS private
    FROM resource AS r JOIN package AS p ON p.id = r.package_id WHERE r.id = :resource
), found AS (
    SELECT c.resource_id, c.name, c.heading, p.private, coalesce(nullif(p.title, ''), p.name) AS title,
        row_number() OVER (PARTITION BY c.name ORDER BY p.private, c.id DESC) AS place
    FROM mine
    JOIN package AS p ON p.owner_org = mine.owner_org AND p.state = 'active' AND (NOT p.private OR mine.private)
    JOIN resource AS r ON r.package_id = p.id AND r.state = 'active' AND r.id <> :resource
    JOIN datapusher_plus_column AS c ON c.resource_id = r.id AND c.present AND (c.has_label OR c.has_notes)
    WHERE c.name = ANY (CAST(:names AS text[]))
)
SELECT resource_id, name, heading, private, title FROM found WHERE place <= :most ORDER BY name, place
""")


def described(resource_id: str, names: Sequence[str]) -> tuple[Neighbour, ...]:
    """Return what columns of these names are called in other tables that the readers of this one may read.

    Only tables of active datasets of the same organization are looked at, and private ones only for a private dataset.

    :raises IngestError: when the datastore cannot be read.
    """
    with transaction() as connection:
        rows = connection.execute(_FIND, {"resource": resource_id, "names": list(names), "most": MOST}).all()
    if not rows:
        return ()
    texts = comments.of_columns([(row.resource_id, row.name) for row in rows])
    return tuple(
        Neighbour(
            column=row.name,
            heading=row.heading,
            comment=texts.get((row.resource_id, row.name)),
            title=row.title,
            private=row.private,
        )
        for row in rows
    )
