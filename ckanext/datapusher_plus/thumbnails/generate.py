"""Make the pictures of a resource when somebody asks for them."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Collection, Iterator, Mapping, MutableSequence, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.thumbnail import Row, Source, Spec, has_failed, is_valid
from ..model.database import server_time
from . import access, draw, source, storage, store
from .draw import NothingToDraw, Picture
from .store import Found, NotPublic

log = logging.getLogger(__name__)

#: Pause between two tries to get a place.
_PAUSE = 0.2


#: What is stored, and the picture; None if this source has none.
Drawn = tuple[Row, Picture | None]


class Busy(Exception):
    """All places for making pictures are taken."""


def make(resource: Mapping[str, Any], *, again: bool = False, wait: float = 0) -> dict[str, Row]:
    """Make the pictures of a resource that are missing or out of date, and return all, by label.

    :param resource: the resource as ``resource_show`` returns it.
    :param again: make them even if they are up to date.
    :param wait: seconds to wait for a place.
    :raises NothingToDraw: when this source has no picture; that is remembered.
    :raises CannotDrawNow: when there is none just now.
    :raises NotPublic: when not everybody may read the resource.
    :raises Busy: when the site makes as many pictures as it may.
    """
    kind = source.kind_of(resource)
    if kind is None:
        raise NothingToDraw("There is nothing to picture: the resource is neither an image, a PDF nor a table.")
    if not access.everybody_may_read(resource["id"]):
        raise NotPublic
    began = server_time()
    kept, wanted = _sorted(resource, kind, store.find([resource["id"]]), again=again)
    if not wanted:
        return kept
    unused: list[str] = []
    try:
        with _place(wait) as connection:
            # another maker may have made them while this one waited
            kept, wanted = _sorted(resource, kind, store.find([resource["id"]], connection), again=again)
            pictures = _drawn(connection, resource, kind, wanted) if wanted else []
            made = save(connection, pictures, began, unused)
    finally:
        # also those that were stored before an error
        discard(unused)
    if failed := next((row.failed for row in made.values() if row.failed), None):
        raise NothingToDraw(failed)
    return {**kept, **made}


def _sorted(
    resource: Mapping[str, Any], kind: str, found: Mapping[str, Found], *, again: bool
) -> tuple[dict[str, Row], list[Spec]]:
    """Return the pictures that are up to date by label, and the sizes to make.

    :raises NothingToDraw: when it is known that this source has no picture.
    """
    specs = settings.current().thumbnail_sizes
    if again:
        return {}, list(specs)
    known = found.get(resource["id"], Found())
    state, recipe = source.state_of(resource, kind, known), draw.recipe_of(kind)
    for row in known.rows.values():
        if has_failed(row, state, recipe):
            raise NothingToDraw(row.failed or "")
    kept = {
        spec.label: row for spec in specs if is_valid(spec, row := known.rows.get(spec.label), state, recipe) and row
    }
    return kept, [spec for spec in specs if spec.label not in kept]


@contextmanager
def _place(wait: float) -> Iterator[sa.Connection]:
    """Hold a place for making pictures, and return the transaction that holds it.

    :raises Busy: when none was free for ``wait`` seconds.
    """
    until = time.monotonic() + wait
    while True:
        with store.place() as connection:
            if connection is not None:
                yield connection
                return
        if time.monotonic() >= until:
            raise Busy
        time.sleep(_PAUSE)


def _drawn(connection: sa.Connection, resource: Mapping[str, Any], kind: str, wanted: Sequence[Spec]) -> list[Drawn]:
    # read before it is drawn: a change meanwhile must make the picture stale
    state = source.state_of(resource, kind, Found(loaded_at=store.last_load(connection, resource["id"])))
    most = settings.current().thumbnail_max_bytes
    try:
        drawn = draw.draw(resource, kind, [spec.width for spec in wanted], max_bytes=most)
    except NothingToDraw as error:
        return [(_failed(spec, kind, state, str(error)), None) for spec in wanted]
    return [(_row(spec, kind, state, drawn[spec.width]), drawn[spec.width]) for spec in wanted]


def save(
    connection: sa.Connection, pictures: Sequence[Drawn], began: datetime, unused: MutableSequence[str]
) -> dict[str, Row]:
    """Store pictures, and return what is stored, which is another maker's if that was quicker.

    :param began: when this maker read what is stored.
    :param unused: gets the paths of files that may be superfluous after the end of the transaction.
    :raises NotPublic: when not everybody may read the resource any more.
    """
    store.keep_files(connection)
    saved = {}
    for row, picture in pictures:
        unused.append(row.path)
        if picture is not None:
            storage.put(row.path, picture.data)
        saved[row.label], before = store.save(connection, row, began)
        unused.append(before)
    return saved


def superfluous(paths: Collection[str]) -> list[str]:
    """Return the files that no row has."""
    with store.removing() as connection:
        return sorted(set(filter(None, paths)) - store.used(connection, paths))


def discard(paths: Collection[str]) -> list[str]:
    """Remove files that no row has, and return their locations; what fails is left to the sweep."""
    if not any(paths):
        return []
    try:
        with store.removing() as connection:
            return storage.remove(sorted(set(filter(None, paths)) - store.used(connection, paths)))
    except SQLAlchemyError:
        log.warning("Files of old pictures could not be removed now; the sweep will remove them.", exc_info=True)
        return []


def _failed(spec: Spec, kind: str, state: Source, why: str) -> Row:
    return Row(
        resource_id=state.resource_id,
        label=spec.label,
        recipe=draw.recipe_of(kind),
        source_hash=state.hash,
        source_modified=state.modified,
        failed=why,
    )


def _row(spec: Spec, kind: str, state: Source, picture: Picture) -> Row:
    digest = hashlib.sha256(picture.data).hexdigest()
    return replace(
        _failed(spec, kind, state, ""),
        path=storage.location(state.resource_id, spec.label, digest, picture.content_type),
        width=spec.width,
        height=picture.height,
        size=len(picture.data),
        failed=None,
    )
