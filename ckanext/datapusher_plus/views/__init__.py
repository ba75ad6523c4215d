"""The resource's DataStore tab: the state of its load, and a button to load its file."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from flask import Blueprint
from flask.views import MethodView

from .. import settings
from ..core import quarantine
from ..core.errors import IngestError
from ..core.types.column_type import wanted_type
from ..health import web
from ..recovery.restore_dictionary import carriable, today
from ..runs import records
from . import dictionary_versions, difference, downloads, history, labels, reading, review, times, undo
from .csrf import see_token
from .describe import describe as words
from .dictionary_drafts import drafts
from .dictionary_versions import Earlier
from .guide_pages import error_address, guide
from .profile_page import profile
from .resource import resource_of
from .tab import Place, Tab, describe
from .table_now import TableNow, without_load
from .thumbnails import thumbnails

__all__ = ["datapusher", "drafts", "guide", "profile", "thumbnails", "words"]

log = logging.getLogger(__name__)

# Name and URLs are those of CKAN's own datapusher and of DataPusher+, because links and themes use them.
datapusher = Blueprint("datapusher", __name__)


datapusher.before_request(see_token)


class ResourceData(MethodView):
    """The page of the DataStore tab."""

    def get(self, id: str, resource_id: str) -> str:
        """Return the tab."""
        return _rendered("datapusher/resource_data.html", id, resource_id)

    def post(self, id: str, resource_id: str) -> types.Response:
        """Request a load, and redirect to the tab."""
        resource_of(id, resource_id)
        chosen = {name: tk.asbool(tk.request.form.get(name, False)) for name in ("ignore_hash", "dry_run")}
        wanted = {"resource_id": resource_id, **chosen}
        try:
            accepted = tk.get_action("datapusher_submit")({}, wanted)
        except tk.ValidationError as error:
            tk.h.flash_error(labels.isolated(labels.summary(error)))
        else:
            if not accepted:
                waits = _("Nothing new was queued: the resource waits already, or a plugin of this site declined it.")
                tk.h.flash_notice(labels.isolated(waits))
        return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def resource_data_status(id: str, resource_id: str) -> str | types.Response:
    """Return the part of the tab that changes, for the page that polls it; 401 once the login has ended."""
    if tk.current_user.is_anonymous:
        # CKAN would send the login page, which the script could not distinguish from a status
        return types.Response(status=401)
    return _rendered("datapusher/status.html", id, resource_id)


def delete_datastore_table(id: str, resource_id: str) -> types.Response:
    """Delete the resource's table and Data Dictionary, and redirect to the tab."""
    resource_of(id, resource_id)
    try:
        tk.get_action("datastore_delete")({}, {"resource_id": resource_id, "force": True})
    except tk.ObjectNotFound:
        tk.h.flash_notice(labels.isolated(_("There was no table to delete.")))
    else:
        deleted = _("The table and its Data Dictionary were deleted. The file is still there.")
        tk.h.flash_notice(labels.isolated(deleted))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def restore_dictionary(id: str, resource_id: str) -> types.Response:
    """Restore the earlier Data Dictionary that the form names, and redirect to the tab."""
    return _wrote("datapusher_plus_dictionary_restore", id, resource_id, "entry", "overwrite")


def carry_words(id: str, resource_id: str) -> types.Response:
    """Copy the Data Dictionary entries of a renamed column to its new column, and redirect to the tab."""
    return _wrote("datapusher_plus_dictionary_carry", id, resource_id, "old", "new")


def _wrote(action: str, id: str, resource_id: str, *fields: str) -> types.Response:
    """Call an action that changes the Data Dictionary with the form's ``fields``, and redirect to the tab.

    A message on the tab shows the result.
    """
    resource_of(id, resource_id)
    wanted = {"resource_id": resource_id, **{field: tk.request.form.get(field, "") for field in fields}}
    try:
        brought = tk.get_action(action)({}, wanted)
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    except tk.ObjectNotFound as error:
        tk.h.flash_error(labels.isolated(str(error.message)))
    else:
        tk.h.flash_success(labels.isolated(labels.brought(brought["columns"], brought.get("absent", []))))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def decide(id: str, resource_id: str) -> types.Response:
    """Approve or reject the file that waits for a review, as the form says, and redirect to the tab."""
    resource_of(id, resource_id)
    asked = {
        "resource_id": resource_id,
        **{field: tk.request.form.get(field, "") for field in ("decision", "note", "job_id")},
    }
    try:
        done = tk.get_action("datapusher_plus_review")({}, asked)
    except tk.NotAuthorized:
        tk.abort(403, _("Not authorized to review this file"))
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    else:
        tk.h.flash_success(labels.isolated(review.decided(done["decision"])))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def save_reading(id: str, resource_id: str) -> types.Response | str:
    """Save how the file is read, and redirect to the tab; show it again with what was typed if that cannot be used."""
    package, resource = resource_of(id, resource_id)
    box = reading.save(package, resource, tk.request.form)
    if box is not None:
        return _rendered("datapusher/resource_data.html", id, resource_id, box)
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def all_sheets(id: str, resource_id: str) -> types.Response:
    """Make a resource of every other sheet of the file, and redirect to the tab."""
    resource_of(id, resource_id)
    try:
        made = tk.get_action("datapusher_plus_all_sheets")({}, {"resource_id": resource_id})
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    else:
        tk.h.flash_success(labels.isolated(reading.made(made)))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def hide(id: str, resource_id: str) -> types.Response:
    """Make the dataset private, and redirect to the tab."""
    package, _resource_dict = resource_of(id, resource_id)
    try:
        tk.get_action("package_patch")({}, {"id": package["id"], "private": True})
    except tk.NotAuthorized:
        tk.abort(403, _("Not authorized to make this dataset private"))
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    else:
        tk.h.flash_success(labels.isolated(_("The dataset is private now.")))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)


def rejected(id: str, resource_id: str) -> types.Response:
    """Send the rows that were left out of the table; requires the right to edit the resource."""
    return downloads.left_out(resource_of(id, resource_id)[1])


def refused(id: str, resource_id: str, run_id: str) -> types.Response:
    """Send the rows because of which a file was refused; requires the right to edit the resource."""
    return downloads.refused(resource_of(id, resource_id)[1], run_id)


def stash_seen() -> types.Response:
    """Reply to `ckan datapusher_plus check` with what this process sees of the stash folder.

    A request without a valid signed time gets 404.
    """
    if not web.is_let_in(tk.request.headers.get(web.HEADER, "")):
        tk.abort(404)
    response = types.Response(json.dumps(web.answer()), mimetype="application/json")
    tk.request.environ["__no_cache__"] = True
    response.cache_control.no_store = True
    return response


def _rendered(template: str, id: str, resource_id: str, box: reading.Box | None = None) -> str:
    package, resource = resource_of(id, resource_id)
    status = _status(resource)
    tab = _tab(resource, status)
    # during a load nothing can be restored, and the page polls every two seconds
    shown, renamed = ((), ()) if tab.open else (_earlier(resource_id), _renamed(resource_id))
    known = {"pkg_dict": package, "resource": resource, "tab": tab, "earlier": shown, "renamed": renamed}
    known["undo"] = None if tab.open or not tab.table else undo.offered(resource_id)
    known |= {
        "differences": difference.describe(status, resource_id),
        "review": review.describe(status, package, resource_id),
        "clock": times.clock,
    }
    known["what_to_do"] = error_address(status) if tab.failed else ""
    known["reading"] = None if tab.state == "managed" else box or reading.describe(package, resource)
    return tk.render(template, known)


def _renamed(resource_id: str) -> tuple[tuple[str, str, str, str], ...]:
    """Return (old name, new name, old as displayed, new as displayed) of each renamed column."""
    try:
        pairs = carriable(resource_id, records.last_load(resource_id).renamed)
        return tuple((old, new, labels.visible(old), labels.visible(new)) for old, new in pairs)
    except (OSError, ValueError, IngestError) as error:
        log.warning("The renamed columns of %s cannot be shown: %s", resource_id, error)
        return ()


def _earlier(resource_id: str) -> tuple[Earlier, ...]:
    try:
        return dictionary_versions.describe(
            tk.get_action("datapusher_plus_dictionary_history")({}, {"resource_id": resource_id})
        )
    except tk.ValidationError as error:
        # the tab must show the state of the load even when disk or datastore are not available
        log.warning("The earlier Data Dictionaries of %s cannot be shown: %s", resource_id, error.error_summary)
        return ()


def _status(resource: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return tk.get_action("datapusher_status")({}, {"resource_id": resource["id"]})
    except tk.ObjectNotFound:
        return None
    except tk.ValidationError as error:
        tk.abort(503, labels.summary(error))


def _tab(resource: dict[str, Any], status: dict[str, Any] | None) -> Tab:
    place = Place(
        resource=resource,
        settings=settings.current(),
        managed=resource.get("url_type") in tk.h.datastore_rw_resource_url_types(),
        now=datetime.now(timezone.utc),
        asked_now=_asked_now(resource["id"], status or {}),
        loose=_loose(resource, status or {}),
    )
    return describe(status, place)


def _loose(resource: dict[str, Any], status: dict[str, Any]) -> TableNow | None:
    """Return the resource's table if no run has loaded it."""
    return None if status.get("table") or not resource.get("datastore_active") else without_load(resource["id"])


def _asked_now(resource_id: str, status: dict[str, Any]) -> str | None:
    """Return the type that the Data Dictionary now sets for the column whose value ended the run.

    None if no value ended the run, or if the Data Dictionary cannot be read.
    """
    misfit = (status.get("task_info") or {}).get("misfit")
    if not misfit:
        return None
    try:
        return wanted_type(today(resource_id).column(misfit["column"]))
    except (OSError, ValueError, IngestError) as error:
        log.warning("The Data Dictionary of %s cannot be compared with its last load: %s", resource_id, error)
        return None


datapusher.add_url_rule(web.PATH, view_func=stash_seen)
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>", view_func=ResourceData.as_view("resource_data"))
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/status", view_func=resource_data_status)
datapusher.add_url_rule(f"/dataset/<id>/resource_data/<resource_id>/{quarantine.FILE}", view_func=rejected)
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/rejected/<run_id>.csv", view_func=refused)
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/history", "history", history.history)
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/history/<run_id>", "run", history.run)
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/cancel", "cancel", history.cancel, methods=["POST"])
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/undo", "undo", undo.undo, methods=["POST"])
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/review", view_func=decide, methods=["POST"])
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/private", view_func=hide, methods=["POST"])
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/reading", view_func=save_reading, methods=["POST"])
datapusher.add_url_rule("/dataset/<id>/resource_data/<resource_id>/sheets", view_func=all_sheets, methods=["POST"])
datapusher.add_url_rule(
    "/dataset/<id>/delete-datastore/<resource_id>", view_func=delete_datastore_table, methods=["POST"]
)
datapusher.add_url_rule(
    "/dataset/<id>/resource_data/<resource_id>/dictionary/carry", view_func=carry_words, methods=["POST"]
)
datapusher.add_url_rule(
    "/dataset/<id>/resource_data/<resource_id>/dictionary", view_func=restore_dictionary, methods=["POST"]
)
