"""Notice that a dataset is hidden or deleted, and remove its pictures once that is committed."""

from __future__ import annotations

import logging
from typing import Any

import file_keeper
from ckan import model
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_session

from ..portal.private_storage import NoStorage
from . import reconcile

log = logging.getLogger(__name__)

#: Key of a session's ``info``: resources whose pictures may have to go.
_KEY = "datapusher_plus_hidden"


def watch() -> None:
    """Register a listener for the ends of transactions; idempotent."""
    if not event.contains(model.Session, "after_commit", _withdraw):
        event.listen(model.Session, "after_commit", _withdraw)
        event.listen(model.Session, "after_rollback", _forget)


def notice(entity: object, *, deleted: bool) -> None:
    """Remember resources that are no longer public, until the transaction that changes them ends."""
    # CKAN also notifies of None: the dataset of a resource that has none any more
    if not isinstance(entity, model.Resource | model.Package) or (session := object_session(entity)) is None:
        return
    if isinstance(entity, model.Resource) and (deleted or entity.state != model.State.ACTIVE):
        session.info.setdefault(_KEY, set()).add(entity.id)
    if isinstance(entity, model.Package) and (deleted or entity.private or entity.state != model.State.ACTIVE):
        session.info.setdefault(_KEY, set()).update(each.id for each in entity.resources_all)


def _withdraw(session: Any) -> None:
    if session.in_nested_transaction():
        # a savepoint ends, and nobody else sees the change yet
        return
    resource_ids = session.info.pop(_KEY, None)
    if not resource_ids:
        return
    try:
        for sentence in reconcile.withdraw(resource_ids):
            log.info("%s", sentence)
    except (SQLAlchemyError, NoStorage, OSError, file_keeper.exc.FilesError):
        log.exception("Pictures of hidden resources could not be removed now; the sweep will remove them.")


def _forget(session: Any) -> None:
    session.info.pop(_KEY, None)
