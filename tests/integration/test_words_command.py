"""`ckan datapusher_plus words`: drafts and the queue of columns to describe, for operators."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ckan.cli.cli import ckan
from ckan.tests.helpers import CKANCliRunner, call_action
from click.testing import Result

from ckanext.datapusher_plus.cli import words as commands
from tests.fix_words import Portal

Run = Callable[..., Result]


@pytest.fixture
def run(words: Portal) -> Run:
    """Return a function that runs one of the commands."""
    return lambda *arguments: CKANCliRunner().invoke(commands.words, [str(each) for each in arguments])


@pytest.fixture
def table(words: Portal, editor: str) -> dict[str, Any]:
    """A table with a draft for its first column, in an organization of the editor."""
    made = words.table(words.organization(editor=editor), ["a", "b"], title="Trees")
    words.draft(made["columns"]["a"], "\x1b[1mHeight", votes=2)
    return made


def number_of(words: Portal) -> int:
    return words.sql("SELECT id FROM datapusher_plus_annotation")[0].id


def test_drafts_are_listed(run: Run, table: dict[str, Any]) -> None:
    done = run("list", table["resource"])
    assert done.exit_code == 0, done.output
    assert "label" in done.output
    assert "Height" in done.output
    assert "+2 -0" in done.output
    assert "\x1b" not in done.output
    assert [each["value"] for each in json.loads(run("list", table["resource"], "--json").output)] == ["\x1b[1mHeight"]
    assert run("list", table["resource"], "--column", "b").output == "There are no such drafts.\n"


def test_a_draft_is_written_once(run: Run, words: Portal, table: dict[str, Any], editor: str) -> None:
    number = number_of(words)
    done = run("accept", number, "--text", "Size", "--user", editor)
    assert (done.output, done.exit_code) == ("a: label is now Size.\n", 0)
    fields = call_action("datastore_info", id=table["resource"])["fields"]
    assert fields[0]["info"]["label"] == "Size"
    assert run("accept", number).exit_code == 1
    assert "accepted" in run("list", table["resource"], "--state", "all").output


def test_a_draft_is_rejected_or_cleared(run: Run, words: Portal, table: dict[str, Any]) -> None:
    assert run("reject", number_of(words), "--why", "wrong").output == f"Draft {number_of(words)} is rejected.\n"
    assert run("clear", table["resource"]).output == "Open drafts deleted: 0.\n"
    words.draft(table["columns"]["b"], "Width")
    words.sql("UPDATE datapusher_plus_annotation SET is_pipeline = true")
    assert run("clear", table["resource"]).output == "Open drafts deleted: 1.\n"
    assert words.sql("SELECT state FROM datapusher_plus_annotation") == [("rejected",)]


def test_the_next_column_and_the_progress_are_shown(run: Run, words: Portal, table: dict[str, Any]) -> None:
    shown = run("next").output
    assert shown.startswith(f"a (text), column {table['columns']['a']}\ndataset Trees, resource {table['resource']}\n")
    assert run("next").output == shown
    words.edit(table["resource"], [("a", {"label": "A", "notes": "N"}), "b"])
    assert run("next").output.startswith("b (text)")
    assert run("progress").output.split()[:3] == ["1", "of", "2"]
    assert json.loads(run("progress", "--json").output)[0]["described"] == 1


def test_the_list_of_columns_is_compared_with_the_tables(run: Run, words: Portal, table: dict[str, Any]) -> None:
    words.sql("DELETE FROM datapusher_plus_queue")
    words.sql("UPDATE datapusher_plus_column SET present = false WHERE name = 'b'")
    assert run("reconcile").output == "Resources that were out of date: 1. The queue is made anew.\n"
    assert set(words.queue()) == set(table["columns"].values())
    assert run("reconcile").output.startswith("Resources that were out of date: 0.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("accept", "999"), "There is no such draft any more."),
        (("draft", "nowhere"), "There are no statistics of this resource's table."),
        (("next", "--organization", "nowhere"), "Organization: Not found"),
        (("list", "r", "--state", "odd"), "State: "),
        (("progress", "--user", "nobody-of-us"), "There is no user 'nobody-of-us'."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 1
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_others_may_not_decide(run: Run, words: Portal, table: dict[str, Any]) -> None:
    from ckan.tests import factories

    stranger = factories.User()["name"]
    assert "may not do this" in run("reject", number_of(words), "--user", stranger).output
    assert run("next", "--user", stranger).output == "There is no column to describe.\n"


def test_the_group_has_the_command(cli: CKANCliRunner, words: Portal) -> None:
    assert "reconcile" in cli.invoke(ckan, ["datapusher_plus", "words", "--help"]).output
