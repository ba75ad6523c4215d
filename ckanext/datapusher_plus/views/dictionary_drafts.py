"""Buttons beside the fields of CKAN's Data Dictionary form (use a draft, reject it), and readers' votes and wishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from ckanext.datastore.blueprint import DictionaryView
from flask import Blueprint

from ..words import annotations
from . import labels
from .csrf import see_token
from .resource import resource_of

__all__ = ["drafts"]

drafts = Blueprint("datapusher_plus_drafts", __name__)
drafts.before_request(see_token)


def use(id: str, resource_id: str, draft: int) -> types.Response | str:
    """Save the Data Dictionary form with the draft in it, and redirect to the form.

    The button sends the whole form, so what the editor has typed in other fields is saved and not lost.
    """
    _draft_of(id, resource_id, draft)
    saved = DictionaryView().post(id, resource_id)
    if isinstance(saved, str):
        # CKAN shows the form again, with what is wrong in it
        return saved
    _call("datapusher_plus_annotation_accept", {"id": draft, "overwrite": True}, _("The draft is used."))
    return _form(id, resource_id)


def reject(id: str, resource_id: str, draft: int) -> types.Response | str:
    """Save the Data Dictionary form, reject the draft, and redirect to the form."""
    _draft_of(id, resource_id, draft)
    saved = DictionaryView().post(id, resource_id)
    if isinstance(saved, str):
        return saved
    done = _("The draft is rejected. It will not be proposed again.")
    _call("datapusher_plus_annotation_reject", {"id": draft}, done)
    return _form(id, resource_id)


def vote(id: str, resource_id: str, draft: int) -> types.Response:
    """Record a reader's vote on a draft, and redirect to the profile page."""
    _draft_of(id, resource_id, draft, "resource_show")
    given = tk.request.form.get("vote", "")
    _call("datapusher_plus_annotation_vote", {"id": draft, "vote": given}, _("Your vote is counted. Thank you."))
    return _profile(id, resource_id)


def wish(id: str, resource_id: str, column: int) -> types.Response:
    """Record that a reader asks for a description of a column, or withdraw it, and redirect to the profile page."""
    _seen(id, resource_id, "resource_show")
    on = tk.asbool(tk.request.form.get("on", "true") or "true")
    thanks = _("The editors see your wish. Thank you.") if on else _("Your wish is withdrawn.")
    _call("datapusher_plus_words_wish", {"column_id": column, "on": on}, thanks)
    return _profile(id, resource_id)


def _draft_of(id: str, resource_id: str, draft: int, right: str = "resource_update") -> None:
    """Abort unless the draft is one of a resource about which the user may decide."""
    _seen(id, resource_id, right)
    found = annotations.get(draft)
    if found is None or found.resource_id != resource_id:
        tk.abort(404, _("There is no such draft any more."))


def _seen(id: str, resource_id: str, right: str) -> None:
    """Abort unless the user has a right on the resource, and is logged in."""
    if tk.current_user.is_anonymous:
        tk.abort(403, _("Please log in first."))
    resource_of(id, resource_id, right, _("Not authorized to change this resource"))


def _call(action: str, data: Mapping[str, Any], done: str) -> None:
    """Call an action, and show the reader its result in a message."""
    try:
        tk.get_action(action)({}, dict(data))
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    except tk.ObjectNotFound as error:
        tk.h.flash_error(labels.isolated(str(error.message)))
    except tk.NotAuthorized:
        tk.abort(403, _("Not authorized to do this"))
    else:
        tk.h.flash_success(labels.isolated(done))


def _form(id: str, resource_id: str) -> types.Response:
    return tk.redirect_to("datastore.dictionary", id=id, resource_id=resource_id)


def _profile(id: str, resource_id: str) -> types.Response:
    return tk.redirect_to("datapusher_plus_profile.page", id=id, resource_id=resource_id)


_RESOURCE = "/dataset/<id>/resource_data/<resource_id>"
drafts.add_url_rule(f"{_RESOURCE}/drafts/<int:draft>/use", view_func=use, methods=["POST"])
drafts.add_url_rule(f"{_RESOURCE}/drafts/<int:draft>/reject", view_func=reject, methods=["POST"])
drafts.add_url_rule("/dataset/<id>/profile/<resource_id>/drafts/<int:draft>", view_func=vote, methods=["POST"])
drafts.add_url_rule("/dataset/<id>/profile/<resource_id>/wish/<int:column>", view_func=wish, methods=["POST"])
