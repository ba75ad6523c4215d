"""People decide about drafts: the actions, who may call them, and what they write to the Data Dictionary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.datapusher_plus import dictionary_stash, settings
from ckanext.datapusher_plus.core.drafts import model_questions
from ckanext.datapusher_plus.core.drafts.model import Draft, Kind
from ckanext.datapusher_plus.datastore.lock import ResourceLock
from ckanext.datapusher_plus.statistics import store
from ckanext.datapusher_plus.words import annotate, annotations, model_drafts, queue
from tests.fix_hostile import Hostile
from tests.fix_words import Portal
from tests.integration.test_annotations import STATE, statistics
from tests.unit.test_model_drafts import chat

ROLES = ("anonymous", "stranger", "member", "editor", "admin", "sysadmin")
EDITORS = ("editor", "admin", "sysadmin")


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """A private table with drafts, and a user of each role."""

    words: Portal
    resource: str
    users: dict[str, str]

    def act(self, role: str, action: str, **data: Any) -> Any:
        """Call an action as a user with a role."""
        context: Any = {"user": self.users[role], "ignore_auth": False}
        return tk.get_action(f"datapusher_plus_annotation_{action}")(context, data)

    def id_of(self, kind: str, state: str = "open") -> int:
        """Return the id of the draft of a kind."""
        [found] = annotations.find(self.resource, kind=kind, state=state)
        return found.id

    def info(self, column: str = "tree_state") -> dict[str, Any]:
        """Return a column's entries in the Data Dictionary."""
        fields = self.words.act("", "datastore_info", id=self.resource)["fields"]
        return next(field.get("info", {}) for field in fields if field["id"] == column)


@pytest.fixture
def drafted(words: Portal) -> Drafted:
    """A table with a draft of a label and one of a code list."""
    users = {role: factories.User()["name"] for role in ("stranger", "member", "editor", "admin")}
    users |= {"sysadmin": factories.Sysadmin()["name"], "anonymous": ""}
    organization = words.organization(**{role: users[role] for role in ("member", "editor", "admin")})
    fields = [("tree_state", {"notes": "Old", "other_plugin": "kept"})]
    resource = words.table(organization, fields, private=True)["resource"]
    made = statistics(resource, STATE)
    store.save(made)
    annotate.draft(resource, None, "site", made)
    return Drafted(words=words, resource=resource, users=users)


CALLS: dict[str, Callable[[Drafted], dict[str, Any]]] = {
    "list": lambda at: {"resource_id": at.resource},
    "draft": lambda at: {"resource_id": at.resource},
    "vote": lambda at: {"id": at.id_of("codes"), "vote": 1},
    "reject": lambda at: {"id": at.id_of("codes")},
    "accept": lambda at: {"id": at.id_of("label")},
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(role: str, drafted: Drafted) -> None:
    for action, data in CALLS.items():
        may = role in EDITORS or (role == "member" and action == "vote")
        if may:
            drafted.act(role, action, **data(drafted))
        else:
            with pytest.raises(tk.NotAuthorized):
                drafted.act(role, action, **data(drafted))


def test_the_list_has_what_a_page_needs(drafted: Drafted) -> None:
    found = drafted.act("editor", "list", resource_id=drafted.resource, kind="codes", column="tree_state")
    [codes] = found
    assert (codes["value"], codes["evidence"]["counts"], codes["creator"]) == (
        ["bad", "felled"],
        {"bad": 2, "felled": 2},
        "site",
    )
    assert (codes["state"], codes["votes_for"], codes["form"], codes["span"]) == ("open", 0, "value", {})
    assert drafted.act("editor", "list", resource_id=drafted.resource, state="rejected") == []
    assert drafted.act("editor", "list", resource_id=drafted.resource, column="other") == []


def test_an_accepted_draft_is_written_and_remembered(drafted: Drafted) -> None:
    label = drafted.id_of("label")
    annotate.keep(
        drafted.resource, None, "site", [Draft(column="tree_state", kind=Kind.LABEL, value="B")], columns=["tree_state"]
    )
    done = drafted.act("editor", "accept", id=label)
    assert done == {"id": label, "column": "tree_state", "key": "label", "value": "Tree state"}
    assert drafted.info() == {"label": "Tree state", "notes": "Old", "other_plugin": "kept"}
    assert annotations.find(drafted.resource, kind="label") == ()
    [other] = annotations.find(drafted.resource, kind="label", state="superseded")
    assert other.superseded_by == label
    editor = drafted.words.sql("SELECT id FROM public.user WHERE name = :name", name=drafted.users["editor"])[0][0]
    assert drafted.words.sql("SELECT key, annotation_id, user_id FROM datapusher_plus_accepted") == [
        ("label", label, editor)
    ]
    [kept] = dictionary_stash.history.entries(drafted.resource)
    assert kept.why.value == "restore"
    assert [column.info for column in kept.dictionary.columns] == [{"notes": "Old", "other_plugin": "kept"}]


@pytest.mark.parametrize(
    ("kind", "value"), [("codes", ["bad", "felled"]), ("pii", True), ("unit", "m"), ("semantic_type", "url")]
)
def test_each_kind_is_written_to_its_key(kind: str, value: Any, drafted: Drafted) -> None:
    if kind != "codes":
        draft = Draft(column="tree_state", kind=Kind(kind), value=value)
        annotate.keep(drafted.resource, None, "site", [draft], columns=[])
        annotate.keep(drafted.resource, None, "site", [draft], columns=["tree_state"])
    drafted.act("editor", "accept", id=drafted.id_of(kind))
    assert drafted.info()[kind] == value


def test_accepting_personal_data_removes_the_code_list(drafted: Drafted) -> None:
    codes = annotations.find(drafted.resource, kind="codes")[0]
    draft = Draft(column="tree_state", kind=Kind.PII, value=True)
    from dataclasses import replace

    again = Draft(column="tree_state", kind=Kind.CODES, value=codes.value, structural=True)
    annotate.keep(drafted.resource, None, "site", [draft, replace(again)], columns=["tree_state"])
    drafted.act("editor", "accept", id=drafted.id_of("pii"))
    assert drafted.words.sql("SELECT count(*) FROM datapusher_plus_annotation WHERE kind = 'codes'") == [(0,)]


def test_a_text_of_ones_own_wins(drafted: Drafted) -> None:
    assert (
        drafted.act("editor", "accept", id=drafted.id_of("label"), text="<b>Zustand</b>")["value"] == "<b>Zustand</b>"
    )
    assert drafted.info()["label"] == "<b>Zustand</b>"
    with pytest.raises(tk.ValidationError, match="cannot have a text"):
        drafted.act("editor", "accept", id=drafted.id_of("codes"), text="x")


def test_a_filled_entry_is_replaced_only_when_asked(drafted: Drafted) -> None:
    draft = Draft(column="tree_state", kind=Kind.NOTES, value="New")
    annotate.keep(drafted.resource, None, "site", [draft], columns=["tree_state"])
    with pytest.raises(tk.ValidationError, match="has another entry there already. Nothing was changed"):
        drafted.act("editor", "accept", id=drafted.id_of("notes"))
    assert (drafted.info()["notes"], drafted.id_of("notes") > 0) == ("Old", True)
    drafted.act("editor", "accept", id=drafted.id_of("notes"), overwrite=True)
    assert drafted.info()["notes"] == "New"


def test_a_column_that_vanished_is_told(drafted: Drafted) -> None:
    label = drafted.id_of("label")
    drafted.words.act("", "datastore_delete", resource_id=drafted.resource, force=True)
    drafted.words.edit(drafted.resource, ["other"])
    with pytest.raises(tk.ValidationError, match="does not have this column any more. Nothing was written"):
        drafted.act("editor", "accept", id=label)
    assert drafted.info("other") == {}
    assert drafted.words.sql("SELECT count(*) FROM datapusher_plus_accepted") == [(0,)]


def test_nothing_is_written_while_the_table_is_in_use(drafted: Drafted) -> None:
    with ResourceLock(drafted.resource) as lock:
        assert lock.acquire()
        with pytest.raises(tk.ValidationError, match="A load or another change of this table is going on"):
            drafted.act("editor", "accept", id=drafted.id_of("label"))
    assert "label" not in drafted.info()


@pytest.mark.parametrize("action", ["accept", "reject", "vote"])
def test_a_decided_draft_stays_decided(action: str, drafted: Drafted) -> None:
    label = drafted.id_of("label")
    assert drafted.act("editor", "reject", id=label, why="no") == {"id": label, "state": "rejected"}
    with pytest.raises(tk.ValidationError, match="Somebody has decided about this draft already"):
        drafted.act("admin", action, id=label, **({"vote": 1} if action == "vote" else {}))
    [rejected] = annotations.find(drafted.resource, state="rejected")
    assert rejected.evidence["rejected"] == {"by": drafted.users["editor"], "why": "no"}
    assert drafted.act("admin", "draft", resource_id=drafted.resource) == {"created": 0}
    assert "label" not in drafted.info()


def test_votes_count_once_a_user_and_in_the_queue(drafted: Drafted) -> None:
    codes = drafted.id_of("codes")
    for role, vote, expected in (
        ("member", 1, (1, 0)),
        ("member", -1, (0, 1)),
        ("admin", 1, (1, 1)),
        ("member", 0, (1, 0)),
    ):
        done = drafted.act(role, "vote", id=codes, vote=vote)
        assert (done["votes_for"], done["votes_against"]) == expected
    assert [row[-1] for row in drafted.words.queue().values()] == [3]
    counted = drafted.words.queue()
    queue.reconcile()
    assert drafted.words.queue() == counted
    with pytest.raises(tk.ValidationError):
        drafted.act("member", "vote", id=codes, vote=2)


def test_saving_a_description_accepts_the_drafts_that_were_used(drafted: Drafted) -> None:
    label, [column] = drafted.id_of("label"), drafted.words.columns(drafted.resource).values()
    save = tk.get_action("datapusher_plus_words_save")
    given = {"column_id": column, "label": "Tree state", "used": [label, 0], "next": False}
    save({"user": drafted.users["editor"], "ignore_auth": False}, given)
    assert drafted.id_of("label", "accepted") == label


def test_drafts_are_made_for_chosen_columns_and_by_a_model_only_with_one(drafted: Drafted) -> None:
    annotations.clear(drafted.resource)
    draft = {"resource_id": drafted.resource}
    assert drafted.act("editor", "draft", **draft, columns=["other"]) == {"created": 0}
    with pytest.raises(tk.ValidationError, match="No language model is configured"):
        drafted.act("editor", "draft", **draft, by="model")
    assert drafted.act("editor", "draft", **draft, columns=["tree_state"]) == {"created": 2}
    assert {each.creator for each in annotations.find(drafted.resource)} == {drafted.users["editor"]}


def test_unknown_drafts_are_not_found(drafted: Drafted) -> None:
    for action, more in (("accept", {}), ("reject", {}), ("vote", {"vote": 1})):
        with pytest.raises(tk.ObjectNotFound):
            drafted.act("editor", action, id=0 - 1, **more)


def test_the_values_of_a_column_that_is_marked_later_are_not_shown_or_used(drafted: Drafted) -> None:
    codes, label = drafted.id_of("codes"), drafted.id_of("label")
    seen = drafted.words.act(drafted.users["editor"], "datapusher_plus_words_next")["next"]
    assert {each["kind"] for each in seen["drafts"]} == {"label", "codes"}
    assert seen["statistics"]["top"]
    drafted.words.edit(drafted.resource, [("tree_state", {"notes": "Old", "pii": "yes"})])
    assert annotations.get(codes) is None
    assert annotations.get(label) is not None
    for action, more in (("accept", {}), ("reject", {}), ("vote", {"vote": 1})):
        with pytest.raises(tk.ObjectNotFound):
            drafted.act("editor", action, id=codes, **more)
    seen = drafted.words.act(drafted.users["editor"], "datapusher_plus_words_next")["next"]
    assert [each["id"] for each in seen["drafts"]] == [label]
    assert (seen["statistics"]["withheld"], seen["statistics"].get("top")) == ("personal", None)
    assert "felled" not in str(seen)


def test_what_a_model_said_before_it_failed_is_kept(drafted: Drafted, hostile: Hostile) -> None:
    names = [f"c{number}" for number in range(model_questions.MOST_COLUMNS + 1)]
    resource = drafted.words.table(None, names)["resource"]
    site = replace(settings.current(), annotate_model_url=hostile.url("v1/chat/completions"), annotate_model="stub")
    # the answer to the second question names a column of the first
    hostile.says(chat({name: {"label": f"Label of {name}"} for name in names[:-1]}), chat({"c0": {"label": "Late"}}))
    made = statistics(resource, *(replace(STATE, name=name) for name in names))
    before = settings.current()
    settings.use(site)
    try:
        with pytest.raises(model_drafts.ModelFailed, match="names columns that it was not asked about"):
            model_drafts.draft(resource, None, "site", made)
    finally:
        settings.use(before)
    kept = {each.column: each.value for each in annotations.find(resource)}
    assert kept == {name: f"Label of {name}" for name in names[:-1]}
