"""A dry run: `submit --dry-run`, *What would change?*, and how the tab tells a dry run from a load."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan.cli.cli import ckan
from ckan.tests import factories
from ckan.tests.helpers import CKANCliRunner
from click.testing import Result

from ckanext.datapusher_plus.cli import dry_run
from ckanext.datapusher_plus.core.difference import Difference
from ckanext.datapusher_plus.core.errors import DryRun
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database, differences, records
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.log import RunLog
from ckanext.datapusher_plus.runs.request import request
from tests.tab import Tab

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

CHANGED = Difference(rows=2, rows_before=5, kept=1, gone=("note",))
LOADED = Published(rows=40, columns=(("city", "text"),), file_hash="h", load_key="k")

Submit = Callable[..., Result]


def words(page: BeautifulSoup, part: str) -> str:
    found = page.select_one(f"[data-part={part}]")
    assert found
    return " ".join(found.get_text(" ").split())


def of(resource_id: str) -> list[records.RunRecord]:
    return records.runs_of(resource_id, limit=9)


def examined(run_id: str, state: State = State.SKIPPED, message: str = "") -> None:
    """End a dry run as a worker does."""
    assert claim(run_id, flow_run_id=None, worker="test")
    differences.note(run_id, CHANGED)
    assert finish(run_id, state, message=message or DryRun(2, 1).message)


# -- the command --------------------------------------------------------------------------------------


@pytest.fixture
def dataset() -> str:
    """A dataset with one CSV file that nobody has asked for yet; returns the id of its resource."""
    resource = factories.Resource(package_id=factories.Dataset(name="trees")["id"], format="CSV")
    with database.transaction() as connection:
        connection.execute(sa.delete(run))
    return resource["id"]


@pytest.fixture
def submit(cli: CKANCliRunner, dataset: str) -> Submit:
    return lambda *options: cli.invoke(ckan, ["datapusher_plus", "submit", "trees", *options])


@pytest.fixture
def working(dataset: str) -> Iterator[Callable[..., None]]:
    """Return a function that lets a worker end the next run of the dataset."""
    threads: list[threading.Thread] = []

    def work(state: State, message: str) -> None:
        until = time.monotonic() + 60
        while not (queued := [each for each in of(dataset) if each.state is State.QUEUED]):
            assert time.monotonic() < until
            time.sleep(0.05)
        examined(queued[0].id, state, message)

    def start(state: State = State.SKIPPED, message: str = "") -> None:
        threads.append(threading.Thread(target=work, args=(state, message)))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def test_the_command_shows_what_a_file_would_change(submit: Submit, working: Callable[..., None], dataset: str) -> None:
    working()
    done = submit("--dry-run")
    assert done.exit_code == 0, done.output
    assert f"{dataset}: Dry run: the file can be loaded. Rows: 2, columns: 1. Nothing was written." in done.stdout
    assert f"{dataset}: Rows: 5 before, 2 now." in done.stdout
    assert "note" in done.stdout
    assert [(each.dry_run, each.bulk) for each in wishes(dataset)] == [(True, True)]


def wishes(resource_id: str) -> list[sa.Row[tuple[bool, bool]]]:
    with database.transaction() as connection:
        query = sa.select(run.c.dry_run, run.c.bulk).where(run.c.resource_id == resource_id)
        return list(connection.execute(query).all())


def test_the_command_fails_for_a_file_that_cannot_be_loaded(
    submit: Submit, working: Callable[..., None], dataset: str
) -> None:
    working(State.ERROR, "Line 7 has 1 field.")
    done = submit("--dry-run")
    assert (done.exit_code, f"{dataset}: Line 7 has 1 field." in done.stdout) == (1, True)


def test_the_command_shows_no_older_result(submit: Submit, dataset: str) -> None:
    with database.transaction() as connection:
        run_id = request(connection, dataset, cause="submit", dry_run=True)
    examined(run_id)
    with database.transaction() as connection:
        request(connection, dataset, cause="upload")
    done = submit("--dry-run")
    assert (done.exit_code, "a load of it waits" in done.stdout, "Dry run" in done.stdout) == (1, True, False)
    assert [each.cause for each in of(dataset) if each.state is State.QUEUED] == ["upload"]


def test_the_command_does_not_wait_for_ever(submit: Submit, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "_PATIENCE", 0)
    done = submit("--dry-run")
    assert (done.exit_code, f"{dataset}: not examined yet. Is a worker running?" in done.stdout) == (1, True)


@pytest.mark.parametrize("undo", [False, True], ids=["load", "undo"])
@pytest.mark.parametrize("more", [[], ["--ignore-hash"]])
def test_a_dry_run_makes_no_other_run_of_one_that_waits(
    submit: Submit, dataset: str, more: list[str], undo: bool
) -> None:
    with database.transaction() as connection:
        request(connection, dataset, cause="upload", undo=undo)
    submit("--dry-run", *more)
    [found] = of(dataset)
    assert (found.cause, found.undo, found.dry_run, found.ignore_hash) == ("upload", undo, False, False)


# -- the tab ------------------------------------------------------------------------------------------


def test_what_would_change_is_asked_by_the_form(tab: Tab) -> None:
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    button = tab.page().select_one("button[name=dry_run]")
    assert button
    page = tab.press({"dry_run": str(button["value"])})
    newest = of(tab.resource["id"])[0]
    assert (newest.dry_run, newest.state, newest.cause) == (True, State.QUEUED, "submit")
    assert words(page, "state").startswith("What would change? Waiting The file waits for a worker to examine it.")
    assert "dry_run" not in str(page.select_one("[data-part=actions]"))


def test_others_cannot_ask_what_would_change(tab: Tab) -> None:
    stranger = replace(tab, headers={"Authorization": factories.UserWithToken()["token"]})
    answer = tab.app.post(tab.path, headers=stranger.headers, data={"dry_run": "true"})
    assert answer.status_code in (403, 404)
    assert of(tab.resource["id"]) == []


def dry(tab: Tab) -> str:
    with database.transaction() as connection:
        return request(connection, tab.resource["id"], cause="submit", dry_run=True)


@pytest.mark.parametrize("has_table", [False, True])
def test_the_headline_tells_a_dry_run_from_a_load(tab: Tab, has_table: bool) -> None:
    if has_table:
        tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    run_id = dry(tab)
    assert "What would change? Waiting" in words(tab.page(), "state")
    assert claim(run_id, flow_run_id=None, worker="test")
    RunLog(run_id).progress("fetch", 1, 4)
    page = tab.page()
    said = words(page, "state")
    assert said.startswith("What would change? Examining The file is being examined. The table stays as it is.")
    assert "load" not in said.lower()
    assert words(page, "facts").startswith("This examination")
    differences.note(run_id, CHANGED)
    assert finish(run_id, State.SKIPPED, message=DryRun(2, 1).message)
    page = tab.page()
    assert "What the file would change" in words(page, "difference")
    if has_table:
        assert words(page, "state").startswith("Last attempt: Loaded")
        return
    said = words(page, "state")
    assert said.startswith("What would change? Examined Dry run: the file can be loaded. Rows: 2, columns: 1.")
    save = page.select_one("button[name=save]")
    assert save
    assert save.get_text(strip=True) == "Load into DataStore"


def test_a_file_that_could_not_be_loaded_is_told(tab: Tab) -> None:
    examined(dry(tab), State.ERROR, "Line 7 has 1 field.")
    assert words(tab.page(), "state").startswith("What would change? Cannot be loaded Line 7 has 1 field.")


def test_the_history_tells_a_dry_run_from_a_load(tab: Tab) -> None:
    run_id = dry(tab)
    assert claim(run_id, flow_run_id=None, worker="test")
    assert "Examining" in words(tab.page(f"{tab.path}/history"), "runs")
    assert finish(run_id, State.SKIPPED, message=DryRun(2, 1).message)
    assert "Examined" in words(tab.page(f"{tab.path}/history"), "runs")


# -- an undo ------------------------------------------------------------------------------------------


def test_the_headline_tells_an_undo_from_a_load(tab: Tab) -> None:
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    tab.end(tab.start(), State.COMPLETE, "Loaded.", replace(LOADED, rows=2, load_key="k2"))
    with database.transaction() as connection:
        run_id = request(connection, tab.resource["id"], cause="undo", undo=True)
    assert "Undo: Waiting" in words(tab.page(), "state")
    assert claim(run_id, flow_run_id=None, worker="test")
    said = words(tab.page(), "state")
    assert said.startswith("Undo: Undoing The earlier table is being brought back.")
    undone = replace(LOADED, undone_key="k2")
    assert finish(run_id, State.COMPLETE, message="The earlier table is back: it has 40 rows.", published=undone)
    page = tab.page()
    assert words(page, "state").startswith("Undo: Undone The earlier table is back: it has 40")
    assert "A newer file was loaded, and that was undone." in words(page, "table")
    with database.transaction() as connection:
        run_id = request(connection, tab.resource["id"], cause="undo", undo=True)
    assert claim(run_id, flow_run_id=None, worker="test")
    again = replace(LOADED, rows=2, load_key="k2", undone_key="k")
    assert finish(run_id, State.COMPLETE, message="The last load is undone.", published=again)
    assert "A newer file" not in words(tab.page(), "table")


def test_an_undo_that_failed_is_told(tab: Tab) -> None:
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    with database.transaction() as connection:
        run_id = request(connection, tab.resource["id"], cause="undo", undo=True)
    assert claim(run_id, flow_run_id=None, worker="test")
    assert finish(run_id, State.ERROR, message="There is no earlier table.")
    said = words(tab.page(), "state")
    assert "Not undone There is no earlier table." in said
    assert "The table and its Data Dictionary are still there, as they were." in said
