"""`/dashboard/words`: describe one column at a time; `/organization/<id>/words`: how many are described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from flask import Blueprint, make_response

from ..core.column_pages import DescribedColumn
from ..core.drafts.model import WHOLE
from ..core.statistics import from_json
from ..logic.migrated import UNMIGRATED
from ..logic.words import DatastoreAway
from ..words import annotations
from ..words.annotations import Annotation
from . import draft_text, filter_links, labels, numbers
from .cards import Card, card
from .csrf import see_token
from .draft_text import ShownDraft

__all__ = ["describe"]

describe = Blueprint("datapusher_plus_words", __name__)
describe.before_request(see_token)

_UNAVAILABLE, _CONFLICT = 503, 409
_FIELDS = draft_text.TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the page shows of one column; all texts but ``typed`` are for display."""

    column_id: int = 0
    card: Card | None = None
    name: str = ""
    heading: str = ""
    dataset: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    organization: str = ""
    #: what is in the fields
    typed: Mapping[str, str] = field(default_factory=dict)
    drafts: tuple[ShownDraft, ...] = ()
    neighbours: tuple[Mapping[str, Any], ...] = ()
    wishes: int = 0
    #: what is wrong; empty if nothing is
    problem: str = ""
    #: whether saving the same again may help
    may_retry: bool = True


def page() -> types.Response | str:
    """Return the page with the next column."""
    if tk.current_user.is_anonymous:
        return tk.redirect_to("user.login", came_from=tk.h.url_for("datapusher_plus_words.page"))
    try:
        found = tk.get_action("datapusher_plus_words_next")({}, _only(tk.request.args))["next"]
    except DatastoreAway as error:
        return _rendered(Screen(problem=labels.summary(error), may_retry=False), _UNAVAILABLE)
    except tk.ValidationError as error:
        if UNMIGRATED in error.error_dict:
            return _rendered(Screen(problem=labels.summary(error), may_retry=False), _UNAVAILABLE)
        return tk.abort(404, labels.summary(error))
    return _rendered(_screen(found) if found else None)


def save() -> types.Response | str:
    """Save what the form says about a column, decide about its drafts, and redirect to the next column."""
    _logged_in()
    form = tk.request.form
    column_id = _number(form.get("column_id", ""))
    typed = {key: form.get(key, "") for key in _FIELDS}
    try:
        _save(column_id, typed)
    except DatastoreAway as error:
        return _rendered(_again(column_id, typed, labels.summary(error)), _UNAVAILABLE)
    except tk.ObjectNotFound as error:
        return _rendered(_again(column_id, typed, str(error.message), may_retry=False), _CONFLICT)
    except tk.NotAuthorized:
        return tk.abort(403, _("Not authorized to describe this column"))
    except tk.ValidationError as error:
        may_retry = "column_id" not in error.error_dict
        status = _UNAVAILABLE if UNMIGRATED in error.error_dict else _CONFLICT
        return _rendered(_again(column_id, typed, labels.summary(error), may_retry=may_retry), status)
    tk.h.flash_success(labels.isolated(_("Saved.")))
    return _onwards()


def _save(column_id: int, typed: Mapping[str, str]) -> None:
    """Save the entries and what was ticked of the drafts.

    A ticked draft of a text is used where its field is empty: without JavaScript nothing else fills the field.
    """
    used = _ticked("used", column_id)
    rejected = [each for each in _ticked("rejected", column_id) if each not in used]
    texts = dict(typed)
    for draft in used:
        if draft.kind.value in _FIELDS and not texts[draft.kind.value].strip():
            texts[draft.kind.value] = str(draft.evidence.get(WHOLE, draft.value))
    if any(text.strip() for text in texts.values()) or not (used or rejected):
        ids = [draft.id for draft in used if draft.kind.value in _FIELDS]
        given = {"column_id": column_id, **texts, "used": ids, "next": False}
        tk.get_action("datapusher_plus_words_save")({}, given)
    for draft in used:
        if draft.kind.value not in _FIELDS:
            _decide("datapusher_plus_annotation_accept", draft.id)
    for draft in rejected:
        _decide("datapusher_plus_annotation_reject", draft.id)


def _ticked(name: str, column_id: int) -> list[Annotation]:
    """Return the drafts of the column that are ticked in the form."""
    numbers = {_number(each) for each in tk.request.form.getlist(name)}
    found = (annotations.get(number) for number in sorted(numbers))
    return [draft for draft in found if draft is not None and draft.column_id == column_id]


def _decide(action: str, number: int) -> None:
    """Accept or reject a draft; the column is saved already, so a failure is only a message."""
    try:
        tk.get_action(action)({}, {"id": number})
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    except (tk.ObjectNotFound, tk.NotAuthorized):
        tk.h.flash_error(labels.isolated(_("There is no such draft any more.")))


def skip() -> types.Response:
    """Do not offer a column to this user for some time, and redirect to the next one."""
    _logged_in()
    try:
        tk.get_action("datapusher_plus_words_skip")({}, {"column_id": _number(tk.request.form.get("column_id", ""))})
    except (tk.ObjectNotFound, tk.ValidationError):
        # it is gone, so it is not offered again either
        pass
    except tk.NotAuthorized:
        tk.abort(403, _("Not authorized to describe this column"))
    return _onwards()


def progress(id: str) -> types.Response | str:
    """Return the page that shows how many columns of an organization's datasets are described."""
    if tk.current_user.is_anonymous:
        here = tk.h.url_for("datapusher_plus_words.progress", id=id)
        return tk.redirect_to("user.login", came_from=here)
    try:
        organization = tk.get_action("organization_show")({}, {"id": id, "include_datasets": False})
        tk.check_access("package_create", {}, {"owner_org": organization["id"]})
    except tk.ObjectNotFound:
        return tk.abort(404, _("Organization not found"))
    except tk.NotAuthorized:
        return tk.abort(403, _("Not authorized to see this page"))
    try:
        found = tk.get_action("datapusher_plus_words_progress")({}, {"organization": organization["id"]})
    except tk.ValidationError as error:
        return tk.abort(_UNAVAILABLE, labels.summary(error))
    known = {
        "group_dict": organization,
        "group_type": organization.get("type") or "organization",
        "am_following": False,
        "progress": labels.visible(found[0]) if found else None,
    }
    return tk.render("organization/words.html", known)


def _logged_in() -> None:
    if tk.current_user.is_anonymous:
        tk.abort(403, _("Please log in first."))


def _only(given: Mapping[str, str]) -> dict[str, str]:
    """Return the organization or dataset that the user has chosen."""
    return {key: given[key] for key in ("organization", "package") if given.get(key)}


def _onwards() -> types.Response:
    return tk.redirect_to("datapusher_plus_words.page", **_only(tk.request.form))


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        tk.abort(400, _("There is no such column any more."))
    return int(text)


def _again(column_id: int, typed: Mapping[str, str], problem: str, *, may_retry: bool = True) -> Screen:
    """Return the screen after a failure: with everything that was typed, so that it is not lost."""
    name = labels.visible(tk.request.form.get("shown", ""))[:200]
    return Screen(column_id=column_id, name=name, typed=typed, problem=labels.visible(problem), may_retry=may_retry)


def _screen(found: Mapping[str, Any]) -> Screen:
    column, entries = found["column"], found["entries"]
    package = tk.get_action("package_show")({}, {"id": found["dataset"]["id"]})
    views = tk.get_action("resource_view_list")({}, {"id": found["resource"]["id"]})
    links = filter_links.of_resource(package, found["resource"]["id"], views)
    described = DescribedColumn(position=column["position"], name=column["name"], type=column["type"])
    statistics = from_json(found["statistics"]) if found["statistics"] else None
    with numbers.in_one_locale():
        about = card(described, statistics, links)
    heading = labels.visible(column["heading"])
    return Screen(
        column_id=column["id"],
        card=about,
        name=about.title,
        heading=heading if heading != about.title else "",
        dataset={**labels.visible(found["dataset"]), "name": package["name"], "type": package.get("type") or "dataset"},
        resource=labels.visible(found["resource"]),
        organization=labels.visible((found["organization"] or {}).get("title") or ""),
        typed={key: entries.get(key, "") for key in _FIELDS},
        drafts=tuple(draft_text.shown(each) for each in found["drafts"]),
        neighbours=tuple(labels.visible(each) for each in found["neighbours"]),
        wishes=found["wishes"],
    )


def _rendered(screen: Screen | None, status: int = 200) -> types.Response:
    only = _only(tk.request.values)
    user = tk.get_action("user_show")({}, {"id": tk.current_user.name})
    known = {"screen": screen, "only": only, "user_dict": user, "fields": draft_text.TEXTS}
    response = make_response(tk.render("user/dashboard_words.html", known), status)
    # the column is claimed for this user now
    response.headers["Cache-Control"] = "no-store"
    return response


describe.add_url_rule("/dashboard/words", view_func=page)
describe.add_url_rule("/dashboard/words/save", view_func=save, methods=["POST"])
describe.add_url_rule("/dashboard/words/skip", view_func=skip, methods=["POST"])
describe.add_url_rule("/organization/<id>/words", view_func=progress)
