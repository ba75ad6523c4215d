"""The history of a resource: its loads, with who asked for each, its steps and its log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus.core.retries import Retry
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.logic.history import LINES, RUNS
from ckanext.datapusher_plus.model import log as log_table
from ckanext.datapusher_plus.runs import database, records
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.request import request_now
from tests.tab import Tab

LOADED = Published(rows=1234, columns=(("a", "text"),), file_hash="h", load_key="k")
HOSTILE = "<script>alert(1)</script>\u202e"


def runs(page: BeautifulSoup) -> list[str]:
    return [" ".join(each.get_text(" ").split()) for each in page.select(".dpp-runs > li")]


def history(tab: Tab, more: str = "") -> BeautifulSoup:
    return tab.page(f"{tab.path}/history{more}")


def test_each_load_is_listed_with_its_file_rows_and_who_asked(tab: Tab) -> None:
    tab.press()
    log = tab.start()
    log.file("trees.csv", 2048)
    tab.end(log, State.COMPLETE, "1,234 rows were loaded.", LOADED)
    tab.end(tab.start(), State.ERROR, "Line 7 has 1 field.")
    failed, loaded = runs(history(tab))
    assert failed.startswith("Not loaded Line 7 has 1 field.")
    assert loaded.startswith("Loaded 1,234 rows were loaded. File trees.csv (2 KiB) Rows 1,234 Asked for")
    assert {"Started", "Finished", "Took"} <= set(loaded.split())


def test_without_a_load_it_says_so(tab: Tab) -> None:
    assert runs(history(tab)) == ["This resource was never loaded."]


@pytest.mark.parametrize(("way", "said"), [("page", "Button on this tab, {name}"), ("api", "API, {name}")])
def test_who_asked_and_how_is_kept(way: str, said: str, tab: Tab) -> None:
    if way == "page":
        tab.press()
    else:
        asked = {"resource_id": tab.resource["id"]}
        tab.app.post("/api/3/action/datapusher_submit", json=asked, headers=tab.headers, status=200)
    [run] = records.runs_of(tab.resource["id"], limit=9)
    assert run.asked_by
    assert f"By {said.format(name=run.asked_by)}" in runs(history(tab))[0]
    assert f"By {said.format(name=run.asked_by)}" in " ".join(tab.page().get_text(" ").split())


def test_an_upload_names_its_user(make_tab: Callable[..., Tab]) -> None:
    tab = make_tab()
    change = {"id": tab.resource["id"], "format": "CSV"}
    assert tab.app.post("/api/3/action/resource_patch", json=change, headers=tab.headers).status_code == 200
    [run] = records.runs_of(tab.resource["id"], limit=9)
    assert (run.cause, run.asked_via, bool(run.asked_by)) == ("format", "api", True)
    assert f"By Changed format, {run.asked_by} (API)" in runs(history(tab))[0]


def test_a_request_of_the_site_itself_has_no_user(tab: Tab) -> None:
    request_now(tab.resource["id"], cause="restored")
    assert "By Resource brought back, the site itself" in runs(history(tab))[0]


def test_a_retry_keeps_who_asked(tab: Tab) -> None:
    tab.press()
    before = records.latest(tab.resource["id"])
    assert before
    assert finish(before.id, State.ERROR, message="Away.", retry=Retry(tries=2, wait=3000))
    retry = records.latest(tab.resource["id"])
    assert retry
    assert (retry.cause, retry.asked_by, retry.asked_via) == ("retry", before.asked_by, "page")
    waits, _failed = runs(history(tab))
    assert "Try 2 of 3 Next try" in waits


def test_the_page_of_a_load_has_its_steps_and_its_log(tab: Tab) -> None:
    log = tab.start()
    for stage in ("fetch", "validate", "copy"):
        log.progress(stage, 0, None)
    log.info("first")
    log.warning("second")
    tab.end(log, State.COMPLETE, "Loaded.", LOADED)
    [link] = [a for a in history(tab).select(".dpp-runs a") if "Steps and log" in a.get_text()]
    page = tab.page(str(link["href"]))
    names = [step.select_one("bdi").get_text() for step in page.select(".dpp-steps li")]  # pyright: ignore[reportOptionalMemberAccess]
    assert names == ["Fetching the file", "Checking every row", "Copying the rows"]
    lines = [line.get_text(" ", strip=True).split(" ", 1)[1] for line in page.select(".dpp-log li")]
    assert lines == ["first", "warning second"]


def test_lists_and_logs_have_pages(tab: Tab) -> None:
    ids = []
    for number in range(RUNS + 1):
        log = tab.start()
        tab.end(log, State.SKIPPED, f"Number {number}.")
        ids.append(log._run_id)
    first, second = history(tab), history(tab, "?page=2")
    assert (len(runs(first)), len(runs(second))) == (RUNS, 1)
    assert "Number 0." in runs(second)[0]
    assert [a.get_text(strip=True) for a in first.select("nav a[rel]")] == ["Older loads"]
    assert [a.get_text(strip=True) for a in second.select("nav a[rel]")] == ["Newer loads"]
    lines = [
        {"run_id": ids[0], "at": database.now(), "level": "INFO", "message": f"line {number}"}
        for number in range(LINES + 1)
    ]
    with database.transaction() as connection:
        connection.execute(sa.insert(log_table), lines)
    last = tab.page(f"{tab.path}/history/{ids[0]}?page=2")
    assert ["line 200" in line.get_text() for line in last.select(".dpp-log li")] == [True]


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999999999999999999"])
def test_a_page_that_does_not_exist_is_no_error(page: str, tab: Tab) -> None:
    tab.end(tab.start(), State.SKIPPED, "Nothing.")
    assert "Nothing." in runs(history(tab, f"?page={page}"))[0]


def test_a_load_without_its_log_says_so(tab: Tab) -> None:
    log = tab.start()
    log.info("gone")
    tab.end(log, State.SKIPPED, "Nothing.")
    with database.transaction() as connection:
        connection.execute(sa.delete(log_table).where(log_table.c.run_id == log._run_id))
    assert "its log has been deleted" in tab.page(f"{tab.path}/history/{log._run_id}").get_text()


def test_a_load_is_found_only_under_its_own_resource(tab: Tab, make_tab: Callable[..., Tab]) -> None:
    other = make_tab()
    run_id = other.queue()
    tab.page(f"{tab.path}/history/{run_id}", status=404)
    tab.page(f"{tab.path}/history/no-such-run", status=404)
    page = tab.press({"job_id": run_id}, f"{tab.path}/cancel")
    assert "There is nothing to cancel" in page.get_text()
    assert [run.state for run in records.runs_of(other.resource["id"], limit=9)] == [State.QUEUED]


def test_what_strangers_wrote_stays_text(tab: Tab) -> None:
    log = tab.start()
    log.file(HOSTILE)
    log.info(HOSTILE)
    log.progress(HOSTILE, 0, None)
    tab.end(log, State.ERROR, HOSTILE)
    for page in (history(tab), tab.page(f"{tab.path}/history/{log._run_id}")):
        root = page.select(".dpp")[0]
        assert "<script>alert(1)</script>�" in root.get_text()
        assert not root.select("script")
        assert "\u202e" not in root.get_text()


def test_each_text_has_a_direction_of_its_own(tab: Tab) -> None:
    log = tab.start()
    log.file("a.csv", 1)
    log.progress("copy", 1024, 2048)
    log.info("Read as CSV.")
    tab.queue()
    for page in (history(tab), tab.page(f"{tab.path}/history/{log._run_id}")):
        loose = [
            found.strip()
            for found in page.select(".dpp")[0].find_all(string=True)
            if found.strip() and not found.find_parent(["bdi", "noscript"])
        ]
        assert loose == []


def test_the_actions_give_runs_and_logs(tab: Tab) -> None:
    log = tab.start()
    log.info("one")
    known: dict[str, Any] = {"resource_id": tab.resource["id"]}
    listed = call_action("datapusher_plus_runs", **known)
    assert (listed["count"], [run["job_id"] for run in listed["runs"]]) == (1, [log._run_id])
    shown = call_action("datapusher_plus_run_show", **known, job_id=log._run_id)
    assert (shown["lines"], [line["message"] for line in shown["logs"]]) == (1, ["one"])
    assert call_action("datapusher_plus_cancel", **known) == {"job_id": log._run_id, "state": "running"}
    assert call_action("datapusher_plus_runs", **known)["runs"][0]["cancel_asked_at"]
