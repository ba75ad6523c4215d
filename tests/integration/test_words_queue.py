"""The queue of columns without a description: its order, who gets what, claims, and what changes it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psycopg
import pytest
import sqlalchemy as sa
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from psycopg import sql

from tests.fix_words import Portal
from tests.words_apart import take

DESCRIBED = {"label": "A label", "notes": "Notes"}


def test_columns_come_in_the_order_asked_followed_count_id(words: Portal, editor: str) -> None:
    here, there = (words.organization(editor=editor) for _ in range(2))
    one, other = words.table(here, ["a", "b", "c", "d"])["columns"], words.table(there, ["x", "y", "z"])
    call_action("follow_group", {"user": editor}, id=there)
    words.draft(one["d"], "D", votes=2)
    words.draft(one["c"], "C")
    words.draft(other["columns"]["z"], "Z")
    for wished in (one["b"], other["columns"]["x"]):
        words.act(editor, "datapusher_plus_words_wish", column_id=wished)
    x, y, z = (other["columns"][name] for name in "xyz")
    # asked for and followed, asked for; followed with a draft, followed; three, one and no drafts and votes
    wanted = [x, one["b"], z, y, one["d"], one["c"], one["a"]]
    given = []
    while column := words.next(editor):
        given.append(column)
        words.act(editor, "datapusher_plus_words_skip", column_id=column)
    assert given == wanted


@pytest.mark.parametrize("follow", ["dataset", "group"])
def test_a_dataset_or_a_group_can_be_followed(words: Portal, editor: str, follow: str) -> None:
    organization = words.organization(editor=editor)
    first, second = words.table(organization), words.table(organization)
    assert words.next(editor, claim=False) == first["columns"]["a"]
    followed = second["package"]
    if follow == "group":
        followed = factories.Group(packages=[{"id": followed}])["id"]
    call_action(f"follow_{follow}", {"user": editor}, id=followed)
    assert words.next(editor, claim=False) == second["columns"]["a"]


def test_ties_go_by_id_and_one_organization_or_dataset_can_be_asked_for(words: Portal, editor: str) -> None:
    organizations = [words.organization(editor=editor) for _ in range(2)]
    tables = [words.table(each) for each in (organizations[1], *organizations)]
    assert words.next(editor, claim=False) == tables[0]["columns"]["a"]
    assert words.next(editor, claim=False, organization=organizations[0]) == tables[1]["columns"]["a"]
    assert words.next(editor, claim=False, package=tables[2]["package"]) == tables[2]["columns"]["a"]
    for user in (editor, factories.Sysadmin()["name"]):
        both = {"organization": organizations[0], "package": tables[2]["package"]}
        assert words.next(user, claim=False, **both) is None


def test_a_new_table_is_there_at_once_and_a_described_column_is_not(words: Portal, editor: str) -> None:
    assert words.next(editor) is None
    table = words.table(words.organization(editor=editor), [("a", DESCRIBED), ("b", {"label": "B"})])
    assert list(words.queue()) == [table["columns"]["b"]]
    assert words.next(editor) == table["columns"]["b"]
    words.edit(table["resource"], [("a", DESCRIBED), ("b", DESCRIBED)])
    assert words.next(editor) is None


def may(words: Portal, user: str) -> bool:
    """Return whether a user is given a column, and check that CKAN's authorization agrees."""
    return words.next(user, claim=False) is not None


def test_nobody_logged_in_gets_nothing(words: Portal, app: object) -> None:
    words.table(words.organization())
    with pytest.raises(tk.NotAuthorized):
        words.act("nobody at all", "datapusher_plus_words_next")
    answer = app.post("/api/3/action/datapusher_plus_words_next", json={})  # pyright: ignore
    assert answer.status_code == 403


@pytest.mark.parametrize(("capacity", "given"), [("member", False), ("editor", True), ("admin", True)])
@pytest.mark.parametrize("private", [False, True])
def test_capacity_in_the_organization_decides(
    words: Portal, editor: str, capacity: str, given: bool, private: bool
) -> None:
    words.table(words.organization(**{capacity: editor}), private=private)
    words.table(words.organization(), private=private)
    assert may(words, editor) is given
    assert not may(words, factories.User()["name"])
    assert may(words, factories.Sysadmin()["name"])
    # a column that CKAN refuses is skipped; the filter has proposed none
    assert words.sql("SELECT FROM datapusher_plus_skip") == []


@pytest.mark.parametrize(("capacity", "given"), [("editor", False), ("admin", True)])
def test_admins_of_a_parent_organization_may_edit(words: Portal, editor: str, capacity: str, given: bool) -> None:
    parent, child, grandchild = words.organization(**{capacity: editor}), words.organization(), words.organization()
    for lower, upper in ((child, parent), (grandchild, child)):
        # CKAN's hierarchy: the parent is the member
        values = {"group_id": lower, "object": upper, "object_type": "group", "capacity": "parent"}
        call_action("member_create", id=lower, object=upper, object_type="group", capacity=values["capacity"])
    words.table(grandchild)
    assert may(words, editor) is given


@pytest.mark.parametrize("allowed", [True, False])
def test_collaborators_edit_where_the_site_has_them(words: Portal, editor: str, allowed: bool) -> None:
    table = words.table(words.organization())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tk.config, "ckan.auth.allow_dataset_collaborators", True)
        call_action("package_collaborator_create", id=table["package"], user_id=editor, capacity="editor")
        patch.setitem(tk.config, "ckan.auth.allow_dataset_collaborators", allowed)
        assert may(words, editor) is allowed


@pytest.mark.parametrize("allowed", [True, False])
def test_datasets_without_organization_are_as_the_site_says(words: Portal, editor: str, allowed: bool) -> None:
    words.table(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tk.config, "ckan.auth.create_unowned_dataset", allowed)
        assert may(words, editor) is allowed


@pytest.mark.parametrize("state", ["deleted", "draft"])
def test_deleted_and_draft_datasets_are_never_handed_out(words: Portal, state: str) -> None:
    admin = factories.Sysadmin()["name"]
    table = words.table(words.organization())
    before = words.queue()
    assert may(words, admin)
    call_action("package_patch", id=table["package"], state=state)
    assert not may(words, admin)
    assert words.queue() == {}
    call_action("package_patch", id=table["package"], state="active")
    assert words.queue() == before


def test_moved_hidden_and_purged_datasets_change_the_queue_at_once(words: Portal, editor: str) -> None:
    mine, other = words.organization(editor=editor), words.organization()
    table = words.table(other)
    assert not may(words, editor)
    call_action("package_patch", id=table["package"], owner_org=mine, private=True)
    assert may(words, editor)
    assert {row[1:4] for row in words.queue().values()} == {(table["package"], mine, True)}
    call_action("dataset_purge", id=table["package"])
    assert words.sql("SELECT id FROM datapusher_plus_column") == []


def test_a_deleted_resource_has_no_columns_and_a_deleted_table_no_present_ones(words: Portal) -> None:
    first, second = words.table(), words.table()
    call_action("datastore_delete", resource_id=first["resource"], force=True)
    assert not any(
        row.present
        for row in words.sql("SELECT present FROM datapusher_plus_column WHERE resource_id = :id", id=first["resource"])
    )
    call_action("resource_delete", id=second["resource"])
    assert words.columns(second["resource"]) == {}
    assert words.queue() == {}


def test_eight_processes_claim_distinct_columns(words: Portal) -> None:
    words.table(None, [f"c{number}" for number in range(80)])
    with ProcessPoolExecutor(8, mp_context=get_context("fork")) as pool:
        taken = [pool.submit(take, tk.config["sqlalchemy.url"], number, 10) for number in range(8)]
        claimed = [column for each in taken for column in each.result(timeout=300)]
    assert len(claimed) == len(set(claimed)) == 80


@pytest.mark.parametrize("organizations", [0, 1, 2])
def test_a_column_that_another_request_is_taking_is_passed_over(words: Portal, organizations: int) -> None:
    from ckanext.datapusher_plus.model.database import transaction
    from ckanext.datapusher_plus.words import probes
    from ckanext.datapusher_plus.words.permissions import Scope

    places = [words.organization() for _ in range(2)]
    tables = [words.table(place, ["a", "b"])["columns"] for place in places]
    scope = Scope(organizations=tuple(places[:organizations])) if organizations else Scope(everything=True)
    asked = probes.Asked(user_id="somebody", scope=scope)
    taken: list[int] = []
    with transaction() as first, transaction() as second:
        second.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        taken.extend(best.column_id for each in (first, second) if (best := probes.best(each, asked)))
    # of several organizations, the best column of each is looked at first
    assert taken == [tables[0]["a"], tables[1]["a"] if organizations > 1 else tables[0]["b"]]


def test_a_claim_holds_for_others_until_it_expires(words: Portal, editor: str) -> None:
    other = factories.Sysadmin()["name"]
    columns = words.table(words.organization(editor=editor))["columns"]
    assert [words.next(editor), words.next(editor), words.next(other)] == [columns["a"], columns["a"], columns["b"]]
    words.sql("UPDATE datapusher_plus_queue SET claimed_until = now() - interval '1 second'")
    assert words.next(other) == columns["a"]
    assert words.next(editor) == columns["b"]


def test_a_skip_expires_and_is_capped(words: Portal, editor: str) -> None:
    from ckanext.datapusher_plus.words import queue

    columns = words.table(words.organization(editor=editor))["columns"]
    words.next(editor)
    words.act(editor, "datapusher_plus_words_skip", column_id=columns["a"], days=2)
    assert words.next(editor, claim=False) == columns["b"]
    assert words.next(factories.Sysadmin()["name"]) == columns["a"]
    words.sql("UPDATE datapusher_plus_skip SET until = now() - interval '1 second'")
    words.sql("UPDATE datapusher_plus_queue SET claimed_by = NULL")
    assert words.next(editor, claim=False) == columns["a"]
    many = words.table(None, [f"c{number}" for number in range(queue.MOST_SKIPS + 5)])["columns"]
    for column in many.values():
        queue.skip(column, "somebody")
    kept = words.sql("SELECT column_id FROM datapusher_plus_skip WHERE user_id = 'somebody'")
    assert {row.column_id for row in kept} == set(list(many.values())[5:])


def test_an_edit_behind_our_back_is_seen_when_a_column_is_handed_out(words: Portal, editor: str) -> None:
    table = words.table(words.organization(editor=editor))
    with psycopg.connect(tk.config["ckan.datastore.write_url"], autocommit=True) as connection:
        name = sql.Identifier(table["resource"])
        comment = sql.Literal(' {"_info":{"label":"A","notes":"by SQL"}}')
        connection.execute(sql.SQL("COMMENT ON COLUMN {}.a IS {}").format(name, comment))
        assert words.next(editor) == table["columns"]["b"]
        assert list(words.queue()) == [table["columns"]["b"]]
        connection.execute(sql.SQL("ALTER TABLE {} DROP COLUMN b").format(name))
        assert words.next(editor) is None
    assert words.queue() == {}
