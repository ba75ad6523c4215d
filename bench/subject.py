"""The subject of a comparison: a file in CKAN, and the table that the plugin creates from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from .files import Sample
from .runs import Runs
from .stack import Ground

_INDEXES = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %s::regclass AND NOT indisprimary ORDER BY indexrelid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A resource with its file and table."""

    sample: Sample
    file: Path
    resource_id: str
    #: (name, type) of each column except CKAN's `_id`
    columns: tuple[tuple[str, str], ...]
    #: definitions, from the word USING
    indexes: tuple[str, ...]


@cache
def introduce(ground: Ground, sample: Sample, **more: str) -> Subject:
    """Upload a sample, load it once, and read the columns and indexes of its table.

    The first load also warms up caches.

    :param more: further fields of the resource.
    """
    file = sample.path(ground.files)
    resource = ground.portal.upload(
        "resource_create", file, package_id=ground.dataset, name=sample.name, format=sample.format.upper(), **more
    )
    with Runs(ground.ckan_dsn) as runs:
        runs.gone(runs.ended(resource["id"], None, patience=sample.patience))
    fields = ground.portal.act("datastore_info", id=resource["id"])["fields"]
    with psycopg.connect(ground.superuser_dsn) as connection:
        made = connection.execute(_INDEXES, [f'public."{resource["id"]}"']).fetchall()
    return Subject(
        sample=sample,
        file=file,
        resource_id=resource["id"],
        columns=tuple((field["id"], field["type"]) for field in fields if field["id"] != "_id"),
        indexes=tuple(text[text.index("USING ") :] for (text,) in made),
    )
