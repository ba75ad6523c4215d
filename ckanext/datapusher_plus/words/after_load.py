"""Draft entries of the Data Dictionary after a load, when its run is complete and its lock is free."""

from __future__ import annotations

import logging

from ckan.plugins import toolkit as tk
from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.errors import IngestError
from ..core.statistics import TableStatistics
from . import annotate
from .annotations import WrongIsolation

log = logging.getLogger(__name__)


def draft_quietly(made: TableStatistics) -> None:
    """Draft entries from a table's new statistics, as the site user; the load must not suffer from a failure."""
    if settings.current().annotate == "off":
        return
    try:
        new = annotate.draft(made.resource_id, made.run_id, site_user(), made)
    except (IngestError, SQLAlchemyError, WrongIsolation):
        log.warning("no drafts for the Data Dictionary of resource %s were made", made.resource_id, exc_info=True)
        return
    log.info("%d new drafts for the Data Dictionary of resource %s", new, made.resource_id)


def site_user() -> str:
    """Return the name of the user whose drafts those of loads are."""
    return tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
