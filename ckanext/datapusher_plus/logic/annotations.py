"""Actions for drafts of Data Dictionary entries: list them, accept or reject one, vote on one, draft again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from .. import portal
from ..core.errors import IngestError
from ..recovery import accept_draft
from ..statistics import store, summary
from ..words import annotate, annotations, decisions, model_drafts
from ..words.annotations import Annotation
from . import schema
from .migrated import migrated
from .statistics import quietly
from .user import caller_id

__all__ = [
    "datapusher_plus_annotation_accept",
    "datapusher_plus_annotation_draft",
    "datapusher_plus_annotation_list",
    "datapusher_plus_annotation_reject",
    "datapusher_plus_annotation_vote",
]


@tk.side_effect_free
@migrated()
def datapusher_plus_annotation_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Return drafts of entries of a resource's Data Dictionary.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param column: name of the only column (optional)
    :type column: string
    :param kind: the only kind: label, notes, unit, semantic_type, pii or codes (optional)
    :type kind: string
    :param state: open, accepted, rejected, superseded or all (optional, default: ``open``)
    :type state: string

    :returns: dictionaries of ``id``, ``column``, ``column_id``, ``kind``, ``form`` (value or span), ``value``,
        ``span``, ``evidence`` (the ``rule`` and what it saw), ``confidence`` (0 to 1), ``creator``, ``state``,
        ``created_at`` (UTC), ``votes_for`` and ``votes_against``
    :rtype: list
    """
    asked = schema.validated(context, data_dict, schema.annotation_list())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_annotation_list", context, {"resource_id": resource_id})
    state = asked.get("state") or "open"
    found = annotations.find(
        resource_id,
        column=asked.get("column") or None,
        kind=asked.get("kind") or None,
        state=None if state == "all" else state,
    )
    return [as_reply(each) for each in found]


def as_reply(draft: Annotation) -> dict[str, Any]:
    """Return a draft as JSON values."""
    plain = ("id", "column", "column_id", "value", "confidence", "creator", "votes_for", "votes_against")
    return {
        **{name: getattr(draft, name) for name in plain},
        "kind": draft.kind.value,
        "form": draft.form.value,
        "state": draft.state.value,
        "span": dict(draft.span),
        "evidence": dict(draft.evidence),
        "created_at": draft.created_at.isoformat(),
    }


@migrated()
def datapusher_plus_annotation_accept(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write a draft to the Data Dictionary.

    Other entries stay, and the earlier Data Dictionary is kept. Other open drafts of the same entry are superseded.

    :param id: id of the draft
    :type id: int
    :param text: instead of the draft's own text (optional)
    :type text: string
    :param overwrite: also replace an entry that is not empty (optional, default: ``False``)
    :type overwrite: bool

    :returns: ``id``, ``column``, ``key`` (of the column's ``info``) and the ``value`` that was written
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.annotation_accept())
    draft = _draft(context, "datapusher_plus_annotation_accept", asked["id"])
    text = asked.get("text")
    if text is not None and (draft.kind not in accept_draft.TEXTS or not text.strip()):
        raise tk.ValidationError({"text": [tk._("This entry cannot have a text of your own, or the text is empty.")]})
    with _errors_as_sentences():
        value = accept_draft.accept(
            draft, user_id=caller_id(context), text=text, overwrite=asked.get("overwrite", False)
        )
    quietly(summary.rewrite, draft.resource_id)
    return {"id": draft.id, "column": draft.column, "key": draft.kind.value, "value": value}


@migrated()
def datapusher_plus_annotation_reject(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Reject a draft; later loads do not propose it again.

    :param id: id of the draft
    :type id: int
    :param why: the reason (optional)
    :type why: string

    :returns: ``id`` and ``state``
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.annotation_reject())
    draft = _draft(context, "datapusher_plus_annotation_reject", asked["id"])
    with _errors_as_sentences():
        decisions.reject(draft.id, user=str(context.get("user") or ""), why=asked.get("why") or "")
    return {"id": draft.id, "state": "rejected"}


@migrated()
def datapusher_plus_annotation_vote(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Vote on an open draft of a table that you may read; a later vote replaces an earlier one.

    :param id: id of the draft
    :type id: int
    :param vote: 1 for it, -1 against it, 0 to take your vote back
    :type vote: int

    :returns: ``id``, ``votes_for`` and ``votes_against``
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.annotation_vote())
    draft = _draft(context, "datapusher_plus_annotation_vote", asked["id"])
    with _errors_as_sentences():
        votes_for, votes_against = decisions.vote(draft.id, user_id=caller_id(context), vote=int(asked["vote"]))
    return {"id": draft.id, "votes_for": votes_for, "votes_against": votes_against}


@migrated()
def datapusher_plus_annotation_draft(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Draft entries of a resource's Data Dictionary now; what was proposed before is not proposed again.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param columns: names of the only columns (optional)
    :type columns: list of string
    :param by: ``rules``, or ``model`` for the site's language model (optional, default: ``rules``)
    :type by: string

    :returns: ``created``, how many drafts are new
    :rtype: dictionary
    """
    data = dict(data_dict)
    columns = _names(data.pop("columns", None))
    asked = schema.validated(context, data, schema.annotation_draft())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_annotation_draft", context, {"resource_id": resource_id})
    found = store.load(resource_id)
    if found is None:
        raise tk.ObjectNotFound(tk._("There are no statistics of this resource's table."))
    with _errors_as_sentences():
        by = model_drafts if asked.get("by") == "model" else annotate
        created = by.draft(resource_id, found.run_id, context.get("user") or portal.site_user(), found, columns=columns)
    return {"created": created}


def _draft(context: Context, action: str, annotation_id: int) -> Annotation:
    """Return a draft about which the user may do something."""
    found = annotations.get(annotation_id)
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such draft any more."))
    tk.check_access(action, context, {"resource_id": found.resource_id})
    return found


def _names(given: object) -> frozenset[str] | None:
    found = [given] if isinstance(given, str) else given
    if found in (None, [], [""]):
        return None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise tk.ValidationError({"columns": [tk._("Must be a list of names of columns")]})
    return frozenset(found)


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Turn what prevents an action into a sentence for the user."""
    try:
        yield
    except decisions.NotOpen as error:
        raise tk.ValidationError({"id": [tk._("Somebody has decided about this draft already.")]}) from error
    except accept_draft.Filled as error:
        filled = tk._("The Data Dictionary has another entry there already. Nothing was changed.")
        raise tk.ValidationError({"id": [filled]}) from error
    except accept_draft.ColumnGone as error:
        gone = tk._("The table does not have this column any more. Nothing was written.")
        raise tk.ValidationError({"id": [gone]}) from error
    except model_drafts.ModelFailed as error:
        raise tk.ValidationError({"by": [str(error)]}) from error
    except model_drafts.NoModel as error:
        raise tk.ValidationError({"by": [tk._("No language model is configured on this site.")]}) from error
    except IngestError as error:
        raise tk.ValidationError({"id": [str(error)]}) from error
