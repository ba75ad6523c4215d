"""The content of a resource's DataStore tab as a value, made from ``datapusher_status`` without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ckan.plugins.toolkit import _

from .. import waits
from ..core.states import GOOD, LEFT, OPEN, State
from ..settings import Settings
from . import labels, rejected_rows
from .labels import Badge

#: Most warnings that are shown above the log.
_MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line about the load: a label with ``value``, or with ``when`` for a time."""

    label: str
    value: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownColumn:
    """A column of the table as the load created it."""

    name: str
    type: str
    #: everyday name of the type
    kind: str
    #: heading in the file, if it differs from the name
    heading: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run; ``percent`` is None if the total is not known."""

    stage: str
    percent: int | None
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the log."""

    when: datetime | None
    level: Badge
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """The whole tab; all texts are for display, and none is HTML."""

    #: a ``core.states.State`` value, or ``never`` or ``managed``
    state: str
    badge: Badge
    sentence: str
    notes: tuple[str, ...] = ()
    progress: Progress | None = None
    warnings: tuple[str, ...] = ()
    rejected: tuple[rejected_rows.Rejected, ...] = ()
    facts: tuple[Fact, ...] = ()
    columns: tuple[ShownColumn, ...] = ()
    #: newest first
    log: tuple[Line, ...] = ()
    #: label of the button, empty if the resource has no file to load
    button: str = ""
    offers_ignore_hash: bool = False
    can_delete: bool = False
    prefect_url: str = ""
    #: whether the error needs no correction any more; ``sentence`` then says why
    is_outdated: bool = False

    @property
    def headings(self) -> tuple[ShownColumn, ...]:
        """Return the columns whose name differs from the heading in the file."""
        return tuple(column for column in self.columns if column.heading is not None)

    @property
    def open(self) -> bool:
        """Return whether the run has not ended."""
        return self.state in OPEN

    @property
    def failed(self) -> bool:
        """Return whether the sentence is an error message."""
        return self.state == State.ERROR and not self.is_outdated


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Facts besides the run that the tab depends on."""

    resource: Mapping[str, Any]
    settings: Settings
    #: whether the resource's rows are edited in the datastore, without a file
    managed: bool
    now: datetime
    #: the type that the Data Dictionary now sets for the column whose value ended the run; empty for none,
    #: None if not known
    asked_now: str | None = None


def describe(status: Mapping[str, Any] | None, place: Place) -> Tab:
    """Return the tab for a reply of ``datapusher_status``; None for a resource without runs."""
    active = bool(place.resource.get("datastore_active"))
    if place.managed:
        sentence = _("The rows of this resource are kept in the DataStore itself, so there is no file to load.")
        return Tab(state="managed", badge=labels.badge("managed"), sentence=sentence, can_delete=active)
    if not status:
        return _never(place, active)
    shown = labels.visible(dict(status))
    return _of_run(shown, shown.get("task_info") or {}, place)


def _never(place: Place, active: bool) -> Tab:
    notes = [_("Loading makes a table of it that can be searched, filtered and queried through the API.")]
    named = place.resource.get("format") or ""
    if named.lower() not in place.settings.formats:
        notes.append(_("Files of this format are not loaded automatically; you can still try it with the button."))
    return Tab(
        state="never",
        badge=labels.badge("never"),
        sentence=_("This file has not been loaded into the DataStore yet."),
        notes=tuple(notes),
        button=_("Load into DataStore"),
        can_delete=active,
    )


def _of_run(status: Mapping[str, Any], task: Mapping[str, Any], place: Place) -> Tab:
    state = _state(status, task)
    active = bool(place.resource.get("datastore_active"))
    ended = state not in OPEN
    outdated = _outdated(task, place)
    return Tab(
        state=state,
        badge=labels.badge("empty" if _is_empty(state, task) else state),
        sentence=outdated or _sentence(state, status, task),
        is_outdated=bool(outdated),
        notes=tuple(_notes(state, task, active, place)),
        progress=None if ended else _progress(task.get("progress")),
        warnings=_warnings(state, task),
        rejected=tuple(rejected_rows.describe(status)),
        facts=tuple(_facts(task)),
        columns=tuple(_column(*column) for column in task.get("columns") or ()),
        log=tuple(_line(entry) for entry in _newest_first(task.get("logs") or [])),
        button=_("Load again"),
        offers_ignore_hash=ended and active,
        can_delete=ended and active,
        prefect_url=status.get("job_url") or "",
    )


def _state(status: Mapping[str, Any], task: Mapping[str, Any]) -> str:
    """Return the run's state; for a row that DataPusher+ wrote the state that is nearest to its public status."""
    known = {state.value for state in State}
    if task.get("state") in known:
        return task["state"]
    public = status.get("status") or ""
    return {"pending": "queued", "submitting": "queued"}.get(public, public if public in known else State.ERROR.value)


def _sentence(state: str, status: Mapping[str, Any], task: Mapping[str, Any]) -> str:
    if state == State.QUEUED:
        # the message of a queued retry is the reason for it
        return task.get("message") or _("The file waits for a worker to load it.")
    if state == State.RUNNING:
        return _("The file is being loaded.")
    if state in (State.COMPLETE, State.WARNED):
        return labels.loaded(task.get("rows"), len(task.get("columns") or ()))
    if _is_empty(state, task):
        return _("Nothing was loaded.")
    reason = task.get("message") or (status.get("error") or {}).get("message")
    return reason or _("The run ended without a reason. Load again; if it happens again, tell the administrator.")


def _outdated(task: Mapping[str, Any], place: Place) -> str:
    """Return the sentence that the Data Dictionary has changed since a value did not fit; empty if it has not.

    The error's own message, which asks for that change, stays in the log.
    """
    misfit = task.get("misfit")
    if not misfit or place.asked_now in (None, misfit["type"]):
        return ""
    return labels.dictionary_changed(misfit["column"], misfit["type"])


def _is_empty(state: str, task: Mapping[str, Any]) -> bool:
    """Return whether the file had nothing to load; its warning says why."""
    return state == State.SKIPPED and bool(task.get("warnings"))


def _warnings(state: str, task: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings; a run that ended after its table was in place has only its message."""
    message = task.get("message")
    kept = tuple(task.get("warnings") or ()) or ((message,) if state == State.WARNED and message else ())
    if state not in (State.COMPLETE, State.WARNED):
        return kept
    # the log has further warnings; its last line repeats the message
    logged = (entry["message"] for entry in task.get("logs") or () if entry.get("level") == "WARNING")
    found = tuple(dict.fromkeys((*kept, *(line for line in logged if line != message))))
    return found if len(found) <= _MOST_WARNINGS else (*found[:_MOST_WARNINGS], labels.more_warnings(len(found)))


def _notes(state: str, task: Mapping[str, Any], active: bool, place: Place) -> list[str]:
    if state in OPEN:
        return _notes_while_open(state, task, active, place)
    if state in GOOD or not active:
        return []
    if state in LEFT:
        return [_("The table and its Data Dictionary are still there, as they were before this load.")]
    if place.settings.load_strategy == "swap":
        return [_("The table and its Data Dictionary are still there, as they were before this load.")]
    return [_("The Data Dictionary is kept. The table may be empty until a load succeeds.")]


def _notes_while_open(state: str, task: Mapping[str, Any], active: bool, place: Place) -> list[str]:
    notes = [_("You can leave this page; the loading continues.")]
    if active and place.settings.load_strategy == "swap":
        notes.append(_("Until it is done, readers see the table as it was."))
    asked = labels.moment(task.get("requested_at"))
    if state == State.QUEUED and asked and (place.now - asked).total_seconds() > waits.UNSEEN_REQUEST:
        notes.append(
            _("No worker has taken it up for some time. Nothing is lost; ask the site's administrator if one runs.")
        )
    return notes


def _progress(progress: Mapping[str, Any] | None) -> Progress | None:
    if not progress:
        return None
    stage, done, total = progress.get("stage") or "", progress.get("done") or 0, progress.get("total")
    # without a percentage the bar is animated; an empty bar would look stuck when a stage has just begun
    percent = min(100, 100 * done // total) if done and total else None
    return Progress(stage=labels.stage(stage), percent=percent, amount=labels.amount(stage, done, total))


def _column(name: str, pg_type: str, heading: str | None = None) -> ShownColumn:
    return ShownColumn(name=name, type=pg_type, kind=labels.kind(pg_type), heading=heading)


def _facts(task: Mapping[str, Any]) -> list[Fact]:
    asked, began, ended = (labels.moment(task.get(f"{name}_at")) for name in ("requested", "started", "finished"))
    facts = [Fact(label=_("Asked for"), when=asked), Fact(label=_("Started"), when=began)]
    facts.append(Fact(label=_("Finished"), when=ended))
    if began and ended:
        facts.append(Fact(label=_("Took"), value=labels.duration((ended - began).total_seconds())))
    if (task.get("tries") or 1) > 1:
        facts.append(Fact(label=_("Try"), value=labels.tries(task["tries"], task["most_tries"])))
    return [fact for fact in facts if fact.when or fact.value]


def _newest_first(logs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the lines newest first; of lines with the same time the last written comes first."""
    beginning = datetime.min.replace(tzinfo=timezone.utc)
    return sorted(logs, key=lambda entry: labels.moment(entry.get("timestamp")) or beginning)[::-1]


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(
        when=labels.moment(entry.get("timestamp")),
        level=labels.level(entry.get("level") or ""),
        message=str(entry.get("message") or ""),
    )
