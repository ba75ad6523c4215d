"""What a load has changed, or would change, on the DataStore tab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, h

from ..core.difference import Difference, KeyedRows, of_json
from ..core.states import OPEN, State
from . import labels

#: Most columns that the table lists.
_MOST_COLUMNS = 100
#: most warnings of a dry run that are shown
_MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    """A column that changes; all texts are for display."""

    what: str
    column: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDifference:
    """One comparison of a file with the table."""

    title: str
    #: about the file, such as who has rejected it
    sentences: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    columns: tuple[ShownChange, ...] = ()
    #: how many columns are not listed
    more: int = 0
    #: (what, texts) of some values of the key
    examples: tuple[tuple[str, tuple[str, ...]], ...] = ()
    when: datetime | None = None
    #: id of the run on which this user may decide; empty if there is nothing to decide
    job_id: str = ""
    is_rejected: bool = False
    #: whether the page shows it as a question rather than at the end
    is_question: bool = False


def describe(status: Mapping[str, Any] | None, resource_id: str) -> tuple[ShownDifference, ...]:
    """Return what a reply of ``datapusher_status`` says about changes: those to decide on, to look at, and made."""
    shown = labels.visible(dict(status or {}))
    task = shown.get("task_info") or {}
    found = (_question(shown, task, resource_id), _dry_run(shown), _made(shown))
    return tuple(each for each in found if each)


def _question(status: Mapping[str, Any], task: Mapping[str, Any], resource_id: str) -> ShownDifference | None:
    review, found = status.get("review"), task.get("difference")
    if not review or review["about"] != "changes" or not found:
        return None
    rejected = review["state"] == State.REJECTED.value
    who = _("Rejected by {user}").format(user=review["decided_by"] or "") if rejected else ""
    said = (who, review["note"] or "") if rejected else ()
    return _shown(
        of_json(found),
        title=_("This file would change the table"),
        sentences=tuple(text for text in said if text),
        when=labels.moment(review["decided_at"]) if rejected else None,
        job_id=status["job_id"] if _may(resource_id) else "",
        is_rejected=rejected,
        is_question=True,
    )


def _dry_run(status: Mapping[str, Any]) -> ShownDifference | None:
    run = status.get("dry_run")
    if not run:
        return None
    if run["state"] in OPEN:
        said = _("The file is only examined. The table stays as it is.")
        return ShownDifference(title=_("What would change?"), sentences=(said,))
    title, said = _("What the file would change"), (run["message"] or "", *run["warnings"][:_MOST_WARNINGS])
    if not run["difference"]:
        return ShownDifference(title=title, sentences=said, when=labels.moment(run["finished_at"]))
    return _shown(of_json(run["difference"]), title=title, sentences=said, when=labels.moment(run["finished_at"]))


def _made(status: Mapping[str, Any]) -> ShownDifference | None:
    found = (status.get("table") or {}).get("difference")
    return _shown(of_json(found), title=_("What the load of this table changed")) if found else None


def _shown(found: Difference, **about: Any) -> ShownDifference:
    columns = tuple(_columns(found))
    return ShownDifference(
        facts=tuple(_facts(found)),
        columns=columns[:_MOST_COLUMNS],
        more=max(0, len(columns) - _MOST_COLUMNS),
        examples=tuple(_examples(found.by_key)) if found.by_key else (),
        **about,
    )


def _facts(found: Difference) -> Iterator[str]:
    now = h.localised_number(found.rows)
    if found.is_first:
        columns = h.localised_number(len(found.added))
        yield _("There is no table yet. It would have {rows} rows in {columns} columns.").format(
            rows=now, columns=columns
        )
        return
    if found.nothing_left:
        yield _("The file has none of the table's columns.")
    if found.rows_before == found.rows:
        yield _("Rows: {rows}, as before").format(rows=now)
    elif found.rows_before is not None:
        yield _("Rows: {before} before, {rows} in this file").format(
            before=h.localised_number(found.rows_before), rows=now
        )
    if found.by_key:
        yield _("Rows by {key}: {added} new, {removed} gone, {changed} changed").format(
            key=", ".join(found.by_key.key),
            added=h.localised_number(found.by_key.added),
            removed=h.localised_number(found.by_key.removed),
            changed=h.localised_number(found.by_key.changed),
        )
    if not (found.added or found.gone or found.retyped):
        yield _("The columns and their types are the same.")


def _columns(found: Difference) -> Iterator[ShownChange]:
    if found.is_first:
        return
    for name in found.gone:
        kept = _("its label and description are kept") if name in found.orphaned else ""
        yield ShownChange(what=_("gone"), column=name, detail=kept)
    for each in found.retyped:
        detail = _("{old} → {new}").format(old=_type(each.old), new=_type(each.new))
        if each.by_person:
            detail = _("{change}, as the Data Dictionary says").format(change=detail)
        yield ShownChange(what=_("other type"), column=each.name, detail=detail)
    old_names = {new: old for old, new in found.renamed}
    for name in found.added:
        renamed = _("perhaps “{name}” under a new name").format(name=old_names[name]) if name in old_names else ""
        yield ShownChange(what=_("new"), column=name, detail=renamed)


def _type(pg_type: str) -> str:
    kind = labels.kind(pg_type)
    return f"{kind} ({pg_type})" if kind else pg_type


def _examples(rows: KeyedRows) -> Iterator[tuple[str, tuple[str, ...]]]:
    kinds: Sequence[tuple[str, tuple[str, ...]]] = (
        (_("New"), rows.added_keys),
        (_("Gone"), rows.removed_keys),
        (_("Changed"), rows.changed_keys),
    )
    return (each for each in kinds if each[1])


def _may(resource_id: str) -> bool:
    try:
        tk.check_access("datapusher_plus_review", {}, {"resource_id": resource_id})
    except tk.NotAuthorized:
        return False
    return True
