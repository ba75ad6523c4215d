"""Record before a commit what only the run knows of its table."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.values import LoadPlan
from ..statistics import store
from ..statistics.store import Known

log = logging.getLogger(__name__)


def expect(plan: LoadPlan) -> None:
    """Record what anybody needs who makes the statistics of the table later."""
    if not settings.current().statistics:
        return
    personal = frozenset(plan.personal)
    try:
        store.expect(plan.resource_id, plan.run_id, Known(personal=personal, null_words=plan.null_words))
    except SQLAlchemyError:
        if personal:
            # without that record, a later attempt would show these columns' values
            raise
        log.warning("what run %s knows of its table could not be recorded", plan.run_id, exc_info=True)
