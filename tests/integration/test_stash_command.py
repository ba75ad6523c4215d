"""`ckan datapusher_plus stash`: what an operator sees of the dictionaries on disk, and can do with them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ckan.cli.cli import ckan
from ckan.tests.helpers import CKANCliRunner
from click.testing import Result

from ckanext.datapusher_plus import dictionary_stash
from ckanext.datapusher_plus.cli import stash as commands
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.datastore.lock import ResourceLock
from ckanext.datapusher_plus.dictionary_stash import history
from ckanext.datapusher_plus.dictionary_stash.history import Why
from tests.fix_tables import Table

HOSTILE = "\x1b]0;taken over\x07\u202eTXT\nforged line"

Run = Callable[..., Result]


@pytest.fixture
def stash(live: Table) -> Run:
    """Return a function that runs one of the commands, on the settings of the test."""
    return lambda *arguments, **options: CKANCliRunner().invoke(commands.stash, arguments, **options)


@pytest.fixture
def kept(live: Table) -> list[str]:
    """Two earlier dictionaries of the live table, and return their ids, newest first."""
    made = [history.keep(live.resource_id, _labelled(label), why=Why.EDIT, run_id="") for label in ("Ort", "Gemeinde")]
    return [str(one) for one in reversed(made)]


def _labelled(label: str) -> Dictionary:
    comment = " " + json.dumps({"_info": {"label": label, "notes": "N"}})
    names = ("ort", "weg")
    return Dictionary(columns=tuple(Column(name=name, type="text", comment=comment) for name in names))


def label(table: Table, name: str = "ort") -> str | None:
    return next(column.info.get("label") for column in table.facts.columns if column.name == name)


def test_the_list_shows_what_is_pending_and_what_is_kept(live: Table, stash: Run, kept: list[str]) -> None:
    dictionary_stash.save(live.resource_id, live.facts.dictionary)
    done = stash("list")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1].split() == [live.resource_id, "pending", "2", kept[0]]
    [one] = json.loads(stash("list", "--json").output)
    assert one == {"resource_id": live.resource_id, "pending": True, "earlier": kept}


def test_entries_are_shown_by_number_and_by_id(live: Table, stash: Run, kept: list[str]) -> None:
    lines = stash("show", live.resource_id).output.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert [entry["id"] for entry in json.loads(stash("show", live.resource_id, "--json").output)["entries"]] == kept
    for entry in ("2", kept[1]):
        assert "label: Ort" in stash("show", live.resource_id, "--entry", entry).output
    shown = json.loads(stash("show", live.resource_id, "--entry", "1", "--json").output)
    assert shown["dictionary"]["columns"][0]["name"] == "ort"
    assert (shown["why"], shown["described"]) == ("edit", 2)


def test_hostile_words_do_not_reach_the_terminal(live: Table, stash: Run) -> None:
    column = Column(name=HOSTILE, type="text", comment=" " + json.dumps({HOSTILE: {"label": HOSTILE}}))
    history.keep(live.resource_id, Dictionary(columns=(column,)), why=Why.EDIT, run_id=HOSTILE)
    for arguments in (["show", "--entry", "1"], ["restore"], ["show"], ["show", "--json"]):
        output = stash(*arguments, live.resource_id).output
        assert "taken over" in output or "--json" in arguments
        assert not {"\x1b", "\x07", "\u202e"} & set(output)
        assert "\nforged" not in output


def test_to_restore_fills_in_what_is_empty_from_the_newest(live: Table, stash: Run, kept: list[str]) -> None:
    tried = stash("restore", live.resource_id, "--dry-run")
    assert "Would be brought back: ort." in tried.output
    assert label(live) is None
    done = stash("restore", live.resource_id)
    assert done.output.splitlines() == [
        "Brought back: ort.",
        "Not in the table now, kept until the column comes back: weg.",
    ]
    assert label(live) == "Gemeinde"
    assert "nothing to bring back" in stash("restore", live.resource_id).output
    assert stash("restore", live.resource_id, "--entry", "2").exit_code == 0
    assert label(live) == "Gemeinde"


def test_to_overwrite_replaces_and_keeps(live: Table, stash: Run, kept: list[str]) -> None:
    stash("restore", live.resource_id)
    assert stash("restore", live.resource_id, "--entry", kept[1], "--overwrite").exit_code == 0
    assert label(live) == "Ort"
    newest = history.entries(live.resource_id)[0]
    assert newest.why is Why.RESTORE
    assert newest.dictionary.described["ort"] == {"_info": {"label": "Gemeinde", "notes": "N"}}


def test_the_pending_stash_can_be_brought_back_and_stays(live: Table, stash: Run) -> None:
    dictionary_stash.save(live.resource_id, _labelled("Stadt"))
    assert stash("show", live.resource_id).output.split()[0] == "stash"
    assert stash("restore", live.resource_id, "--entry", "stash").exit_code == 0
    assert label(live) == "Stadt"
    assert dictionary_stash.load(live.resource_id) is not None


@pytest.mark.parametrize(
    ("arguments", "answer", "left"),
    [
        (["--yes"], "", (False, 2)),
        (["--history", "-y"], "", (False, 0)),
        ([], "y\n", (False, 2)),
        ([], "n\n", (True, 2)),
    ],
)
def test_to_clear_asks_and_leaves_the_table(
    live: Table, stash: Run, kept: list[str], arguments: list[str], answer: str, left: tuple[bool, int]
) -> None:
    dictionary_stash.save(live.resource_id, live.facts.dictionary)
    before = live.whole()
    stash("clear", live.resource_id, *arguments, input=answer)
    found = dictionary_stash.load(live.resource_id) is not None, len(history.entries(live.resource_id))
    assert found == left
    assert live.whole() == before


@pytest.mark.parametrize("command", ["restore", "clear"])
def test_while_a_load_goes_on_nothing_is_touched(live: Table, stash: Run, kept: list[str], command: str) -> None:
    dictionary_stash.save(live.resource_id, live.facts.dictionary)
    with ResourceLock(live.resource_id) as run:
        assert run.acquire()
        done = stash(command, live.resource_id, *(["-y"] if command == "clear" else []))
    assert done.exit_code == 1
    assert "A load or another change of this table is going on" in done.output
    assert dictionary_stash.load(live.resource_id) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "../../etc/passwd"],
        ["show", "RID", "--entry", "9"],
        ["show", "RID", "--entry", "../x"],
        ["restore", "RID", "--entry", "0"],
        ["restore", "6fa459ea-ee8a-4ca4-894e-db77e160355e"],
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    live: Table, stash: Run, kept: list[str], arguments: list[str]
) -> None:
    done = stash(*(live.resource_id if argument == "RID" else argument for argument in arguments))
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert "Traceback" not in done.output


def test_root_does_not_write_where_a_worker_could_not_read(live: Table, stash: Run, own_settings: Path) -> None:
    dictionary_stash.save(live.resource_id, _labelled("Stadt"))
    os.chown(own_settings, 12345, -1)
    done = stash("restore", live.resource_id)
    assert done.exit_code == 1
    assert "Run this as the user 12345" in done.output
    assert label(live) is None


def test_the_commands_belong_to_the_group(cli: CKANCliRunner, live: Table) -> None:
    done = cli.invoke(ckan, ["datapusher_plus", "stash", "--help"])
    assert [name for name in ("list", "show", "restore", "clear") if f"  {name} " in done.output] == [
        "list",
        "show",
        "restore",
        "clear",
    ]
