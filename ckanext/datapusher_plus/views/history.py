"""The history of a resource: its loads, and each with its steps and its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, h

from .. import settings
from ..core.states import OPEN
from ..logic.history import LINES, RUNS
from . import attempt, labels, log_lines, progress, times
from .asked import asked, file_name
from .facts import Fact, known
from .labels import Badge
from .log_lines import Line
from .progress import ShownStep
from .resource import resource_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """A run in the history; all texts are for display."""

    id: str
    badge: Badge
    sentence: str
    facts: tuple[Fact, ...]
    steps: tuple[ShownStep, ...]
    may_be_cancelled: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list: its number from 1, and the number of pages."""

    this: int
    last: int

    @property
    def newer(self) -> int | None:
        """Return the number of the page before, if there is one."""
        return self.this - 1 if self.this > 1 else None

    @property
    def older(self) -> int | None:
        """Return the number of the page after, if there is one."""
        return self.this + 1 if self.this < self.last else None


def history(id: str, resource_id: str) -> str:
    """Return the page with the resource's runs."""
    package, resource = resource_of(id, resource_id)
    number = _page_number()
    found = _ask("datapusher_plus_runs", resource_id=resource_id, limit=RUNS, offset=(number - 1) * RUNS)
    known_values = {
        "runs": [describe(run) for run in found["runs"]],
        "page": _page(number, found["count"], RUNS),
        "kept": settings.current().keep_runs,
    }
    return _rendered("datapusher/history.html", package, resource, known_values)


def run(id: str, resource_id: str, run_id: str) -> str:
    """Return the page of one run with its log."""
    package, resource = resource_of(id, resource_id)
    number = _page_number()
    asked_for = {"resource_id": resource_id, "job_id": run_id, "limit": LINES, "offset": (number - 1) * LINES}
    found = _ask("datapusher_plus_run_show", **asked_for)
    known_values = {
        "run": describe(found),
        "log": _log(found),
        "page": _page(number, found["lines"], LINES),
    }
    return _rendered("datapusher/run.html", package, resource, known_values)


def cancel(id: str, resource_id: str) -> types.Response:
    """Cancel the run that the form names, and redirect to the tab."""
    resource_of(id, resource_id)
    wanted = {"resource_id": resource_id, "job_id": tk.request.form.get("job_id", "")}
    try:
        done = tk.get_action("datapusher_plus_cancel")({}, wanted)
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    else:
        stopped = _("The request was cancelled."), _("The load is being stopped. The table stays as it was.")
        tk.h.flash_success(labels.isolated(stopped[done["state"] in OPEN]))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def describe(given: Mapping[str, Any]) -> ShownRun:
    """Return a run of ``datapusher_plus_runs`` for display."""
    found: dict[str, Any] = labels.visible(dict(given))
    state = found["state"]
    requested, began, ended = (labels.moment(found[f"{name}_at"]) for name in ("requested", "started", "finished"))
    facts = (
        Fact(label=_("File"), value=file_name(found["file"])),
        Fact(label=_("Rows"), value="" if found["rows"] is None else str(h.localised_number(found["rows"]))),
        Fact(label=_("Asked for"), when=requested),
        Fact(label=_("By"), value=asked(found)),
        Fact(label=_("Started"), when=began),
        Fact(label=_("Finished"), when=ended),
        Fact(label=_("Took"), value=labels.duration((ended - began).total_seconds()) if began and ended else ""),
        Fact(
            label=_("Try"),
            value=labels.tries(found["tries"], found["most_tries"]) if found["tries"] > 1 else "",
        ),
        Fact(label=_("Next try"), when=labels.moment(found["next_try_at"])),
        Fact(label=_("Cancelled by"), value=found["cancel_asked_by"] or ""),
    )
    return ShownRun(
        id=found["job_id"],
        badge=attempt.badge(attempt.kind_of(found), state, is_empty=state == "skipped" and bool(found["warnings"])),
        sentence=found["message"] or "",
        facts=known(facts),
        steps=progress.timeline(found["steps"]),
        may_be_cancelled=found["may_be_cancelled"],
        is_open=state in OPEN,
    )


def _log(found: Mapping[str, Any]) -> tuple[Line, ...]:
    return log_lines.lines(labels.visible(found["logs"]))


def _ask(action: str, **asked_for: Any) -> dict[str, Any]:
    try:
        return tk.get_action(action)({}, asked_for)
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error.message))
    except tk.ValidationError as error:
        tk.abort(503, labels.summary(error))


def _page_number() -> int:
    given = tk.request.args.get("page", "1")
    # a longer number cannot be a page
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 7 else 1


def _page(number: int, count: int, size: int) -> Page:
    return Page(this=number, last=max(1, -(-count // size)))


def _rendered(template: str, package: dict[str, Any], resource: dict[str, Any], more: dict[str, Any]) -> str:
    return tk.render(template, {"pkg_dict": package, "resource": resource, "clock": times.clock, **more})
