"""What readers can do on the profile page: ask for a description of a column, and vote on drafts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ckan.plugins import toolkit as tk
from sqlalchemy.exc import SQLAlchemyError

from ..core.column_pages import DescribedColumn
from ..logic.annotations import as_reply
from ..words import annotations, queue, registry
from . import draft_text
from .draft_text import ShownDraft

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForReaders:
    """What a reader can ask about one column."""

    column_id: int
    #: whether the reader may ask for a description: the column has none
    may_ask: bool
    #: whether this reader has asked
    has_asked: bool
    drafts: tuple[ShownDraft, ...] = ()


def for_readers(resource_id: str, columns: Sequence[DescribedColumn]) -> dict[int, ForReaders]:
    """Return what a reader who is logged in can do, by position of the column; columns without anything are left out.

    Whoever may read the table may vote on its drafts, so they are not read through the action, which is for editors.
    The page must also open where the plugin's tables cannot be read.
    """
    if not getattr(tk.current_user, "is_authenticated", False):
        return {}
    try:
        found = [as_reply(each) for each in annotations.find(resource_id)]
        ids = {column.name: column.id for column in registry.columns(resource_id)}
        asked = queue.wished_by(tk.current_user.id, list(ids.values()))
    except SQLAlchemyError:
        log.warning("what readers can do with resource %s cannot be shown", resource_id, exc_info=True)
        return {}
    texts = [each for each in found if each["kind"] in draft_text.TEXTS]
    shown = {
        column.position: ForReaders(
            column_id=ids[column.name],
            may_ask=not column.notes,
            has_asked=ids[column.name] in asked,
            drafts=tuple(draft_text.shown(each) for each in texts if each["column"] == column.name),
        )
        for column in columns
        if column.name in ids
    }
    return {position: each for position, each in shown.items() if each.may_ask or each.drafts}
