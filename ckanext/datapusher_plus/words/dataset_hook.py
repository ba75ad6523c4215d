"""Bring the queue up to date when a dataset is moved, hidden, deleted or restored, in the transaction that saves it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import sqlalchemy as sa
from ckan import model
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_session

from . import queue, registry

log = logging.getLogger(__name__)


def dataset_changed(dataset: model.Package) -> None:
    """Make the queue's rows of a dataset match; CKAN also says so when one of its resources has changed."""
    _in_its_transaction(dataset, queue.match_dataset)


def resource_deleted(resource: model.Resource) -> None:
    """Remove the columns of a deleted resource."""
    _in_its_transaction(resource, registry.forget)


def _in_its_transaction(entity: model.Package | model.Resource, act: Callable[[sa.Connection, str], None]) -> None:
    session = object_session(entity) or model.Session()
    connection = session.connection()
    try:
        # without the savepoint a failure, such as a table that is missing before `ckan db upgrade`, would fail the save
        with connection.begin_nested():
            act(connection, entity.id)
    except SQLAlchemyError:
        log.exception("The columns to describe of %s may be out of date: run words reconcile", entity.id)
