"""Draft entries of the Data Dictionary after a load, when its run is complete and its lock is free."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from .. import portal, settings
from ..core.errors import IngestError
from ..core.statistics import TableStatistics
from . import annotate, model_drafts
from .annotations import WrongIsolation

log = logging.getLogger(__name__)


def draft_quietly(made: TableStatistics) -> None:
    """Draft entries from a table's new statistics, as the site user; the load must not suffer from a failure."""
    if settings.current().annotate == "off":
        return
    try:
        new = annotate.draft(made.resource_id, made.run_id, portal.site_user(), made)
        new += _by_model(made)
    except (IngestError, SQLAlchemyError, WrongIsolation):
        log.warning("no drafts for the Data Dictionary of resource %s were made", made.resource_id, exc_info=True)
        return
    log.info("%d new drafts for the Data Dictionary of resource %s", new, made.resource_id)


def _by_model(made: TableStatistics) -> int:
    """Let the model draft for columns that are new to it; whatever it does is one warning at most."""
    if settings.current().annotate != "model":
        return 0
    try:
        return model_drafts.draft(made.resource_id, made.run_id, portal.site_user(), made, again=False)
    except model_drafts.NoModel:
        log.warning("no language model was asked: annotate is model, and annotate_model_url is empty")
    except model_drafts.ModelFailed as error:
        log.warning("resource %s: %s", made.resource_id, error)
    return 0
