"""The content of a resource's DataStore tab as a value, made from ``datapusher_status`` without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.plugins.toolkit import _

from .. import waits
from ..core.states import GOOD, LEFT, OPEN, State
from ..settings import Settings
from . import attempt, labels, log_lines, progress, rejected_rows, table_now
from .asked import asked, file_name
from .attempt import Kind
from .facts import Fact, known
from .labels import Badge
from .log_lines import Line
from .progress import Progress, ShownStep
from .table_now import TableNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that waits while another run of the resource goes on."""

    id: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """The whole tab; all texts are for display, and none is HTML."""

    #: a ``core.states.State`` value, or ``never`` or ``managed``
    state: str
    #: what the badge is about
    heading: str
    badge: Badge
    sentence: str
    notes: tuple[str, ...] = ()
    progress: Progress | None = None
    warnings: tuple[str, ...] = ()
    rejected: tuple[rejected_rows.Rejected, ...] = ()
    facts: tuple[Fact, ...] = ()
    facts_heading: str = ""
    #: None if there is no table
    table: TableNow | None = None
    #: try and time of a queued retry
    next_try: Fact | None = None
    waiting: Waiting | None = None
    steps: tuple[ShownStep, ...] = ()
    #: newest first
    log: tuple[Line, ...] = ()
    #: label of the button, empty if the resource has no file to load
    button: str = ""
    offers_ignore_hash: bool = False
    can_delete: bool = False
    #: id of the run that may be cancelled; empty: none
    cancels: str = ""
    prefect_url: str = ""
    #: whether the error needs no correction any more; ``sentence`` then says why
    is_outdated: bool = False

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
    #: a table that no run has loaded
    loose: TableNow | None = None


def describe(status: Mapping[str, Any] | None, place: Place) -> Tab:
    """Return the tab for a reply of ``datapusher_status``; None for a resource without runs."""
    active = bool(place.resource.get("datastore_active"))
    if place.managed:
        sentence = _("The rows of this resource are kept in the DataStore itself, so there is no file to load.")
        badge = labels.badge("managed")
        return Tab(
            state="managed", heading=_("State:"), badge=badge, sentence=sentence, can_delete=active, table=place.loose
        )
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
        heading=_("State:"),
        table=place.loose,
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
    outdated, kind = _outdated(task, place), attempt.kind_of(task)
    return Tab(
        state=state,
        heading=attempt.heading(kind),
        badge=attempt.badge(kind, state, is_empty=_is_empty(state, task)),
        sentence=outdated or _sentence(state, status, task),
        is_outdated=bool(outdated),
        notes=tuple(_notes(state, task, active, place)),
        progress=None if ended else progress.describe(task),
        warnings=_warnings(status, task),
        rejected=tuple(rejected_rows.of_attempt(status)),
        table=table_now.describe(status) or place.loose,
        next_try=_next_try(task),
        waiting=_waiting(status.get("waiting")),
        steps=progress.timeline(task.get("steps") or ()),
        facts=known(_facts(task)),
        facts_heading=attempt.facts_heading(kind),
        log=log_lines.newest_first(task.get("logs") or []),
        button=_("Load again") if active or kind is not Kind.DRY_RUN else _("Load into DataStore"),
        offers_ignore_hash=ended and active,
        can_delete=ended and active,
        cancels="" if ended or task.get("cancel_asked_at") else status.get("job_id") or "",
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
    kind = attempt.kind_of(task)
    if state in OPEN:
        # the message of a queued retry is the reason for it
        retried = state == State.QUEUED and task.get("message")
        return retried or attempt.while_open(kind, state)
    if state in (State.COMPLETE, State.WARNED):
        if not _is_in_table(status):
            return _("The file was loaded, but its table has been deleted since.")
        said = task.get("message") if kind is Kind.UNDO else ""
        return said or labels.loaded(task.get("rows"), len(task.get("columns") or ()))
    if _is_empty(state, task) and kind is Kind.LOAD:
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


def _warnings(status: Mapping[str, Any], task: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings of a run that is not in the table; those of the table's load stand beside the table."""
    return () if _is_in_table(status) else table_now.some_warnings(task.get("warnings") or ())


def _is_in_table(status: Mapping[str, Any]) -> bool:
    return bool(status.get("table")) and status["table"]["job_id"] == status.get("job_id")


def _notes(state: str, task: Mapping[str, Any], active: bool, place: Place) -> list[str]:
    if state in OPEN:
        return _notes_while_open(state, task, active, place)
    kind = attempt.kind_of(task)
    if state in GOOD or not active or kind is Kind.DRY_RUN:
        return []
    if kind is Kind.UNDO:
        return [_("The table and its Data Dictionary are still there, as they were.")]
    if state in LEFT or place.settings.load_strategy == "swap":
        return [_("The table and its Data Dictionary are still there, as they were before this load.")]
    return [_("The Data Dictionary is kept. The table may be empty until a load succeeds.")]


def _notes_while_open(state: str, task: Mapping[str, Any], active: bool, place: Place) -> list[str]:
    kind = attempt.kind_of(task)
    if task.get("cancel_asked_at"):
        return [attempt.is_stopped(kind)]
    notes = [attempt.may_leave(kind)]
    if active and kind is not Kind.DRY_RUN and place.settings.load_strategy == "swap":
        notes.append(_("Until it is done, readers see the table as it was."))
    requested = labels.moment(task.get("requested_at"))
    if state == State.QUEUED and requested and (place.now - requested).total_seconds() > waits.UNSEEN_REQUEST:
        notes.append(
            _("No worker has taken it up for some time. Nothing is lost; ask the site's administrator if one runs.")
        )
    return notes


def _facts(task: Mapping[str, Any]) -> list[Fact]:
    requested, began, ended = (labels.moment(task.get(f"{name}_at")) for name in ("requested", "started", "finished"))
    facts = [
        Fact(label=_("File"), value=file_name(task.get("file"))),
        Fact(label=_("Asked for"), when=requested),
        Fact(label=_("By"), value=asked(task)),
        Fact(label=_("Started"), when=began),
        Fact(label=_("Finished"), when=ended),
    ]
    if began and ended:
        facts.append(Fact(label=_("Took"), value=labels.duration((ended - began).total_seconds())))
    if (task.get("tries") or 1) > 1:
        facts.append(Fact(label=_("Try"), value=labels.tries(task["tries"], task["most_tries"])))
    return facts


def _next_try(task: Mapping[str, Any]) -> Fact | None:
    """Return which try a queued retry is, and when it begins."""
    if task.get("state") != State.QUEUED or (task.get("tries") or 1) < 2:
        return None
    which = _("Try {which} begins automatically:").format(which=labels.tries(task["tries"], task["most_tries"]))
    return Fact(label=which, when=labels.moment(task.get("next_try_at")))


def _waiting(queued: Mapping[str, Any] | None) -> Waiting | None:
    if not queued:
        return None
    facts = (
        Fact(label=_("Asked for"), when=labels.moment(queued["requested_at"])),
        Fact(label=_("By"), value=asked(queued)),
    )
    return Waiting(id=queued["job_id"], facts=known(facts))
