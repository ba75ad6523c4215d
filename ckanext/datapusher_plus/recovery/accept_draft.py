"""Write a draft that an editor accepts to the Data Dictionary, by the same path as an earlier version is restored."""

from __future__ import annotations

from typing import Any

from ..core.dictionary.comment import content_of, is_blank
from ..core.drafts.model import Kind, State
from ..datastore import comments
from ..model.database import transaction
from ..words import decisions
from ..words.annotations import Annotation
from . import restore_dictionary

#: Kinds whose texts an editor may change before accepting them.
TEXTS = (Kind.LABEL, Kind.NOTES, Kind.UNIT, Kind.SEMANTIC_TYPE)


class Filled(ValueError):
    """The entry has another value already, which was not to be replaced."""


class ColumnGone(KeyError):
    """The table does not have the draft's column any more."""


def accept(draft: Annotation, *, user_id: str, text: str | None = None, overwrite: bool = False) -> Any:
    """Write an open draft to its column's Data Dictionary, and return the value that was written.

    The key of ``_info`` is the draft's kind: label, notes, unit, semantic_type (texts), pii (true) and codes (a list of
    values). Other keys stay, and the earlier dictionary is kept. The two databases have no common transaction: if this
    process dies between them, the entry is there and the draft still open.

    :param text: instead of the draft's own.
    :param overwrite: also replace an entry that is not empty.
    :raises NotOpen: when somebody has decided about the draft already.
    :raises Filled: when the entry is not empty; nothing is written then.
    :raises ColumnGone: when the table does not have the column; nothing is written then.
    :raises TableInUse: when a load is in progress.
    :raises IngestError: when the datastore or the kept dictionaries cannot be read or written.
    """
    if draft.state is not State.OPEN:
        raise decisions.NotOpen(draft.state.value)
    whole = draft.evidence.get("whole", draft.value)
    value = whole if text is None or draft.kind not in TEXTS else text
    key = draft.kind.value
    try:
        written = restore_dictionary.describe(draft.resource_id, {draft.column: {key: value}}, overwrite=overwrite)
    except KeyError as error:
        raise ColumnGone(draft.column) from error
    if not written.columns and _entry(draft, key) != value:
        raise Filled(key)
    with transaction() as connection:
        decisions.mark_accepted(connection, draft.id, user_id=user_id)
    return value


def _entry(draft: Annotation, key: str) -> Any:
    found = comments.of_columns([(draft.resource_id, draft.column)]).get((draft.resource_id, draft.column))
    content = content_of(found)
    if isinstance(content, str):
        return content if key == Kind.NOTES.value and not is_blank(content) else None
    info = content.get("_info")
    return info.get(key) if isinstance(info, dict) else None
