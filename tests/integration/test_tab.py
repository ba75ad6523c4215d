"""The DataStore tab: what an editor reads and can do there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from ckan.common import CKANConfig
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus import portal, settings
from ckanext.datapusher_plus.core.progress import SHARES
from ckanext.datapusher_plus.core.retries import Retry
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.types.column_type import PG_TYPES
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.plugin import DatapusherPlusPlugin
from ckanext.datapusher_plus.runs import cancel, database, records, unpublished
from ckanext.datapusher_plus.runs.finish import finish
from tests.tab import Tab

LOADED = Published(
    rows=336776,
    columns=(("year", "numeric"), ("carrier", "text"), ("time_hour", "timestamp"), ("shape", "geometry")),
    file_hash="0",
    load_key="0",
)
HOSTILE = "<script>alert(1)</script><b onclick=alert(2)>"


def text(page: BeautifulSoup, part: str) -> str:
    found = page.select_one(f"[data-part={part}]")
    assert found
    return " ".join(found.get_text(" ").split())


def flash(page: BeautifulSoup) -> str:
    return " ".join(found.get_text() for found in page.select(".flash-messages"))


def button(page: BeautifulSoup) -> str:
    """Return the button's label, in brackets when it cannot be pressed."""
    found = page.select_one("button[name=save]")
    if not found:
        return ""
    label = " ".join(found.get_text().split())
    return f"({label})" if found.has_attr("disabled") else label


def of(tab: Tab) -> sa.ColumnElement[bool]:
    return run.c.resource_id == tab.resource["id"]


def table(tab: Tab) -> None:
    """Give the resource a table."""
    fields = [{"id": "a", "type": "text"}]
    call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)


def test_the_tab_stands_beside_the_others_on_the_edit_page(tab: Tab) -> None:
    page = tab.page(f"/dataset/{tab.resource['package_id']}/resource/{tab.resource['id']}/edit")
    [link] = [link for link in page.select(".page-header a") if link.get_text(strip=True) == "DataStore"]
    assert str(link["href"]).endswith(f"/resource_data/{tab.resource['id']}")


@pytest.mark.usefixtures("with_plugins")
@pytest.mark.parametrize("theme", ["templates", "templates-midnight-blue"])
def test_the_tab_is_added_to_every_theme(theme: str) -> None:
    """Both themes have the template and the block that the tab extends; CKAN's wheel brings only the first along."""
    config = CKANConfig({"ckan.base_templates_folder": theme, "plugin_template_paths": []})
    plugin: Any = DatapusherPlusPlugin()
    plugin.update_config(config)
    [folder] = config["plugin_template_paths"]
    assert "block inner_primary_nav" in Path(folder, "package/resource_edit_base.html").read_text()


def test_never_loaded(tab: Tab) -> None:
    page = tab.page()
    assert "Not loaded yet" in text(page, "state")
    assert button(page) == "Load into DataStore"


@pytest.mark.parametrize(("format", "told"), [("PDF", True), ("CSV", False), ("csv", False)])
def test_formats_that_nobody_loads_by_themselves_are_told(
    make_tab: Callable[..., Tab], format: str, told: bool
) -> None:
    tab = make_tab(format=format)
    with database.transaction() as connection:
        connection.execute(sa.delete(run).where(of(tab)))
    assert ("not loaded automatically" in text(tab.page(), "state")) is told


def test_queued(tab: Tab) -> None:
    tab.queue()
    page = tab.page()
    assert "Waiting" in text(page, "state")
    assert "No worker has taken it up" not in text(page, "state")
    assert button(page) == "(Load again)"


def test_queued_for_long_says_that_no_worker_seems_to_run(tab: Tab) -> None:
    tab.queue()
    long_ago = datetime.now(timezone.utc) - timedelta(minutes=5)
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(of(tab)).values(requested_at=long_ago))
    assert "No worker has taken it up" in text(tab.page(), "state")


def percent(stage: str, part: float) -> str | None:
    """Return how much of the whole load the bar shows when a part of a stage is done."""
    before = list(SHARES.values())[: list(SHARES).index(stage)]
    return str(int(100 * (sum(before) + part * SHARES[stage]))) if before or part else None


@pytest.mark.parametrize(
    ("progress", "shown", "share"),
    [
        (("fetch", 4608, 6144), "Fetching the file 4.5 KiB of 6 KiB", percent("fetch", 0.75)),
        (("fetch", 2048, None), "Fetching the file 2 KiB", None),
        (("copy", 1024, 2048), "Copying the rows 1 KiB of 2 KiB", percent("copy", 0.5)),
        (("index", 0, 4), "Building the indexes", percent("index", 0)),
        (("index", 1, 4), "Building the indexes", percent("index", 0.25)),
        (("a new stage", 0, None), "a new stage", None),
        (("copy", 7, 5), "Copying the rows 7 bytes of 5 bytes", percent("copy", 1)),
    ],
)
def test_progress(tab: Tab, progress: tuple[str, int, int | None], shown: str, share: str | None) -> None:
    tab.start().progress(*progress)
    page = tab.page()
    assert text(page, "progress").startswith(shown)
    [bar] = page.select("[role=progressbar]")
    assert bar.get("aria-valuenow") == share
    assert button(page) == "(Load again)"


def test_complete(tab: Tab) -> None:
    log = tab.start()
    log.info("The new table is in place.")
    tab.end(log, State.COMPLETE, "Loaded.", LOADED)
    page = tab.page()
    assert "Loaded" in text(page, "state")
    assert "336,776 rows in 4 columns" in text(page, "state")
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in page.select("table tbody tr")]
    assert text(page, "table").startswith("The table now Rows 336,776 Columns 4 Loaded")
    assert rows == [
        ["year", "Number numeric"],
        ["carrier", "Text text"],
        ["time_hour", "Date and time timestamp"],
        ["shape", "geometry"],
    ]
    assert {"Asked for", "Started", "Finished", "Took"} <= {found.get_text() for found in page.select("dt")}
    assert button(page) == "Load again"


def test_complete_with_warnings(tab: Tab) -> None:
    warned = Published(
        rows=1, columns=(), file_hash="", load_key="", warnings=("Look at the map.", "And at the chart.")
    )
    tab.end(tab.start(), State.WARNED, "Loaded.", warned)
    page = tab.page()
    assert "Loaded, with warnings" in text(page, "state")
    assert [item.get_text() for item in page.select("[data-part=warnings] li")] == list(warned.warnings)


def test_the_reasons_for_a_warning_are_listed_above_the_log(tab: Tab) -> None:
    log = tab.start()
    log.warning("Line 40 has 1 field.")
    message = "38 rows were loaded. Look at them."
    log.warning(message)
    warned = Published(rows=38, columns=(), file_hash="", load_key="", warnings=("Look at them.",))
    tab.end(log, State.WARNED, message, warned)
    shown = [item.get_text() for item in tab.page().select("[data-part=warnings] li")]
    assert shown == ["Look at them.", "Line 40 has 1 field."]


def test_many_warnings_do_not_bury_the_page(tab: Tab) -> None:
    log = tab.start()
    for number in range(30):
        log.warning(f"Warning {number}.")
    tab.end(log, State.WARNED, "Loaded.", Published(rows=1, columns=(), file_hash="", load_key=""))
    shown = [item.get_text() for item in tab.page().select("[data-part=warnings] li")]
    assert (len(shown), shown[-1]) == (21, "There are 31 warnings in all; the log has the others.")


@pytest.fixture
def misfit(tab: Tab) -> Callable[[str | None], BeautifulSoup]:
    """Return the page after a load that failed of a date, with another type asked for since; None without a table."""

    def page(now: str | None) -> BeautifulSoup:
        fields: list[dict[str, Any]] = [{"id": "a", "type": "text", "info": {"type_override": "date"}}]
        call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)
        about = {"column": "a", "type": "date"}
        assert finish(tab.start()._run_id, State.ERROR, message="Change the type.", error_about=about)
        if now is None:
            call_action("datastore_delete", resource_id=tab.resource["id"], force=True)
        else:
            fields[0]["info"] = {"type_override": now, "label": "A"}
            call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)
        return tab.page()

    return page


@pytest.mark.parametrize("now", ["", "timestamp", None])
def test_an_error_about_a_type_that_is_not_asked_for_now_asks_for_no_change(
    now: str | None, misfit: Callable[[str | None], BeautifulSoup]
) -> None:
    page = misfit(now)
    assert "the Data Dictionary no longer asks for this type. Load again." in text(page, "state")
    assert ("Change the type." in text(page, "state"), len(page.select(".dpp .alert-danger p.lead"))) == (False, 0)
    assert button(page) == "Load again"


def test_an_error_about_a_type_that_is_still_asked_for_stays(misfit: Callable[[str | None], BeautifulSoup]) -> None:
    page = misfit("date")
    assert [p.get_text() for p in page.select(".dpp .alert-danger p.lead")] == ["Change the type."]
    assert "no longer" not in text(page, "state")


@pytest.mark.parametrize("state", [State.SKIPPED, State.ERROR, State.CANCELLED])
def test_the_table_is_shown_whatever_became_of_the_last_attempt(state: State, tab: Tab) -> None:
    columns = (("city", "text"), ("year_2", "numeric", "year"))
    loaded = replace(LOADED, rejected=(2, 40), columns=columns, warnings=("Look at the map.",))
    log = tab.start()
    log.file("trees.csv", 2048)
    tab.end(log, State.WARNED, "Loaded.", loaded)
    parts = ("table", "warnings", "rejected", "columns")
    before = [text(tab.page(), part) for part in parts]
    assert before[0].startswith("The table now File trees.csv (2 KiB) Rows 336,776 Columns 2 Loaded")
    assert (before[1], "city" in before[3]) == ("What to look at Look at the map. What the warnings mean", True)
    tab.end(tab.start(), state, "No.")
    page = tab.page()
    assert [text(page, part) for part in parts] == before
    assert "No." in text(page, "state")
    assert text(page, "noticed") == ""


def test_a_table_that_no_run_has_loaded_is_shown_too(tab: Tab) -> None:
    table(tab)
    page = tab.page()
    assert text(page, "table") == "The table now Rows 0 Columns 1 This table was not loaded from a file here."
    assert "Text text" in text(page, "columns")


def test_a_deleted_table_is_not_shown(tab: Tab) -> None:
    table(tab)
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    call_action("datastore_delete", resource_id=tab.resource["id"], force=True)
    page = tab.page()
    assert (text(page, "table"), text(page, "columns")) == ("", "")
    assert "its table has been deleted since" in text(page, "state")


def test_a_load_that_was_published_late_is_the_table(tab: Tab) -> None:
    log = tab.start()
    assert finish(log._run_id, State.WARNED, message="Later.", published=LOADED, unpublished=True)
    portal.mark_active(tab.resource["id"], True)
    assert unpublished.done(log._run_id, State.COMPLETE, message="Loaded.", warnings=())
    tab.end(tab.start(), State.ERROR, "No.")
    page = tab.page()
    assert "336,776" in text(page, "table")
    assert (text(page, "warnings"), "year" in text(page, "columns")) == ("", True)


def test_what_an_attempt_has_noticed_is_not_said_of_the_table(tab: Tab) -> None:
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    assert finish(tab.start()._run_id, State.SKIPPED, message="The file is empty.", warnings=("The file is empty.",))
    page = tab.page()
    assert (text(page, "warnings"), "The file is empty." in text(page, "noticed")) == ("", True)


def test_the_status_has_the_table_and_the_last_attempt(tab: Tab) -> None:
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    loaded = call_action("datapusher_status", resource_id=tab.resource["id"])
    assert loaded["table"]["job_id"] == loaded["job_id"]
    tab.end(tab.start(), State.ERROR, "No.")
    failed = call_action("datapusher_status", resource_id=tab.resource["id"])
    assert (failed["task_info"]["rows"], failed["table"]) == (None, loaded["table"])


def test_rows_bytes_and_time_left_of_the_whole_load(tab: Tab) -> None:
    log = tab.start()
    log.rows(1000)
    log.progress("copy", 1024, 2048)
    begun = datetime.now(timezone.utc) - timedelta(minutes=10)
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(of(tab)).values(started_at=begun))
    shown = text(tab.page(), "progress")
    assert "1 KiB of 2 KiB, about 500 of 1,000 rows" in shown
    assert "minutes left" in shown


def test_a_newer_request_that_waits_is_shown_and_can_be_cancelled(tab: Tab) -> None:
    log = tab.start()
    assert text(tab.page(), "waiting") == ""
    waits = tab.queue()
    page = tab.page()
    assert "A newer request waits" in text(page, "waiting")
    [form] = page.select("[data-part=waiting] form")
    page = tab.press(inputs(form), str(form["action"]))
    assert "The request was cancelled." in flash(page)
    assert text(page, "waiting") == ""
    assert [each.state for each in records.runs_of(tab.resource["id"], limit=9)] == [State.RUNNING, State.CANCELLED]
    assert records.runs_of(tab.resource["id"], limit=9)[1].id == waits
    assert log._run_id != waits


def inputs(form: Tag) -> dict[str, str]:
    """Return what the fields of a form hold."""
    return {str(field["name"]): str(field["value"]) for field in form.select("input[value]")}


def test_a_queued_run_ends_at_once_when_it_is_cancelled(tab: Tab) -> None:
    tab.queue()
    [form] = tab.page().select("[data-part=actions] form[action$=cancel]")
    page = tab.press(inputs(form), str(form["action"]))
    assert "Cancelled" in text(page, "state")
    assert not page.select("form[action$=cancel]")
    assert "There is nothing to cancel" in flash(tab.press(inputs(form), str(form["action"])))


def test_a_running_run_is_asked_to_end(tab: Tab) -> None:
    log = tab.start()
    [form] = tab.page().select("[data-part=actions] form[action$=cancel]")
    page = tab.press(inputs(form), str(form["action"]))
    assert "is being stopped" in text(page, "state")
    assert not page.select("form[action$=cancel]")
    assert (cancel.is_asked(log._run_id), cancel.to_stop()[log._run_id]) == (True, "f00d")
    assert "asked to cancel this load" in text(page, "log")


def test_a_retry_says_which_try_it_is_and_when_it_begins(tab: Tab) -> None:
    assert finish(tab.start()._run_id, State.ERROR, message="A server was away.", retry=Retry(tries=2, wait=3000))
    page = tab.page()
    assert "Try 2 of 3 begins automatically:" in text(page, "state")
    assert len(page.select("[data-part=state] time[datetime]")) == 1


def test_a_cancelled_run_is_no_error(tab: Tab) -> None:
    tab.end(tab.start(), State.CANCELLED, "Loading was cancelled in Prefect.")
    page = tab.page()
    assert text(page, "state") == "Last attempt: Cancelled Loading was cancelled in Prefect."
    assert not page.select(".dpp .alert-danger, .dpp .text-bg-danger, .dpp-danger")


def test_the_page_that_waits_learns_that_the_login_has_ended(tab: Tab) -> None:
    assert tab.app.get(tab.path + "/status", follow_redirects=False).status_code == 401
    notice = tab.page().select_one("[data-login][hidden] a")
    assert notice
    assert str(notice["href"]).startswith("/user/login?came_from=")


def test_each_text_has_a_direction_of_its_own(make_tab: Callable[..., Tab]) -> None:
    """A right-to-left page puts a full stop at the wrong end of a text in another script, unless it is isolated."""
    tab = make_tab()
    log = tab.start()
    log.info("Read as CSV.")
    log.progress("copy", 1024, 2048)
    pages = [tab.page()]
    columns = (("city", "text", "City."),)
    tab.end(log, State.WARNED, "Look.", Published(rows=1, columns=columns, file_hash="", load_key="", rejected=(1, 2)))
    pages += [tab.page()]
    tab.end(tab.start(), State.ERROR, "No.")
    pages += [tab.page()]
    for page in pages:
        loose = [
            found.strip()
            for found in page.select(".dpp")[0].find_all(string=True)
            if found.strip() not in ("", "→") and not found.find_parent(["bdi", "noscript", "option"])
        ]
        assert loose == []


def test_a_message_after_a_button_has_a_direction_of_its_own(tab: Tab) -> None:
    page = tab.press(path=f"/dataset/{tab.resource['package_id']}/delete-datastore/{tab.resource['id']}")
    [message] = page.select(".flash-messages .alert")
    assert message.get_text(strip=True) == "\u2068There was no table to delete.\u2069"


def test_the_heading_of_the_page_is_seen(tab: Tab) -> None:
    [heading] = tab.page().select("h1")[-1:]
    assert heading.get_text(strip=True) == "DataStore"
    assert not heading.get("class")


def form_of(tab: Tab) -> dict[str, str]:
    """Return the Data Dictionary's form as a browser would send it."""
    page = tab.page(f"/dataset/{tab.resource['package_id']}/dictionary/{tab.resource['id']}")
    chosen = {str(s["name"]): s.select_one("option[selected]") for s in page.select("select[name^=info__]")}
    return {name: str(option["value"]) for name, option in chosen.items() if option}


@pytest.mark.parametrize("kind", ["date", "int4", "int8", "float8", "bool", "numeric", "timestamp", "text", "integer"])
def test_the_data_dictionary_offers_every_type_and_keeps_the_choice(tab: Tab, kind: str) -> None:
    table(tab)
    path = f"/dataset/{tab.resource['package_id']}/dictionary/{tab.resource['id']}"
    offered = [str(option["value"]) for option in tab.page(path).select("select[name^=info__] option")]
    assert offered == ["", *PG_TYPES]
    tab.press({"info__1__type_override": kind}, path)
    assert form_of(tab) == {"info__1__type_override": kind}
    tab.press({**form_of(tab), "info__1__label": "A"}, path)
    [field] = call_action("datastore_info", id=tab.resource["id"])["fields"]
    assert (field["info"]["type_override"], field["info"]["label"]) == (kind, "A")


@pytest.mark.usefixtures("with_plugins")
@pytest.mark.ckan_config("ckan.plugins", "tabledesigner datastore datatables_view datapusher_plus")
def test_the_data_dictionary_works_beside_table_designer(make_tab: Callable[..., Tab]) -> None:
    for url_type, kinds in ((None, ["", *PG_TYPES]), ("tabledesigner", [])):
        tab = make_tab(**({"url_type": url_type} if url_type else {}))
        fields = [{"id": "a", "type": "text", **({"tdtype": "text"} if url_type else {})}]
        call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)
        page = tab.page(f"/dataset/{tab.resource['package_id']}/dictionary/{tab.resource['id']}")
        assert [str(o["value"]) for o in page.select("select[name$=type_override] option")] == kinds
        assert bool(page.select("[name$=tdpkreq]")) is (url_type is not None)


def test_a_run_that_died_after_its_table_was_in_place_tells_what_is_left_to_do(tab: Tab) -> None:
    tab.end(tab.start(), State.WARNED, "Its worker died before the details were updated.")
    page = tab.page()
    assert "The file was loaded." in text(page, "state")
    assert "Its worker died" in text(page, "warnings")


def test_skipped(tab: Tab) -> None:
    tab.end(tab.start(), State.SKIPPED, "The file has not changed.")
    assert text(tab.page(), "state") == "Last attempt: Left as it was The file has not changed."


def test_an_error_is_told_in_its_own_sentence(tab: Tab) -> None:
    sentence = "Line 4,711 has 3 fields where the header has 5. Correct the file and upload it again."
    tab.end(tab.start(), State.ERROR, sentence)
    page = tab.page()
    [alert] = page.select("[aria-live] .alert-danger")
    assert [p.get_text(strip=True) for p in alert.select("p.lead")] == [sentence]
    assert "still there" not in text(page, "state")
    assert button(page) == "Load again"


@pytest.mark.parametrize("state", [State.ERROR, State.CANCELLED])
def test_after_a_failure_it_says_that_the_table_is_still_there(tab: Tab, state: State) -> None:
    table(tab)
    tab.end(tab.start(), state, "No.")
    assert "The table and its Data Dictionary are still there" in text(tab.page(), "state")


def test_the_log_is_newest_first_and_marks_what_matters(tab: Tab) -> None:
    log = tab.start()
    log.info("first")
    log.warning("second")
    log.error("third")
    lines = [line.get_text(" ", strip=True).split(" ", 1)[1] for line in tab.page().select(".dpp-log li")]
    assert lines == ["error third", "warning second", "first"]


def test_headings_that_could_not_be_names_are_shown_beside_them(tab: Tab) -> None:
    columns = (("year", "numeric"), ("year_2", "numeric", "year"), ("unsafe_", "text", ""))
    tab.end(tab.start(), State.COMPLETE, "Loaded.", replace(LOADED, columns=columns))
    rows = [row.get_text("|", strip=True) for row in tab.page().select("[data-part=columns] tbody tr")]
    assert rows[:2] == ["year|year_2", "no heading|unsafe_"]
    assert [row.partition("|")[0] for row in rows[2:]] == ["year", "year_2", "unsafe_"]


def test_no_text_on_the_tab_hides_or_turns_what_stands_beside_it(tab: Tab) -> None:
    hidden = "a\x1b[31m\u202e\u200f\x9b\u2066b"
    columns = ((hidden, "text", f"{hidden}!"),)
    tab.end(tab.start(), State.COMPLETE, hidden, replace(LOADED, columns=columns, warnings=(hidden,)))
    for page in (tab.page(), tab.page(tab.path + "/status")):
        for part in ("warnings", "columns"):
            assert "a�[31m����b" in text(page, part)
        whole = page.select_one(".dpp")
        assert whole
        assert not set("\x1b\u202e\u200f\x9b\u2066").intersection(whole.get_text())


def test_what_strangers_wrote_stays_text(make_tab: Callable[..., Tab]) -> None:
    tab = make_tab(name=HOSTILE)
    log = tab.start()
    log.warning(HOSTILE)
    log.progress(HOSTILE, 1, None)
    tab.end(
        log,
        State.ERROR,
        HOSTILE,
        Published(rows=1, columns=((HOSTILE, HOSTILE, HOSTILE),), file_hash="", load_key="", warnings=(HOSTILE,)),
    )
    for page in (tab.page(), tab.page(tab.path + "/status")):
        assert "alert(" not in "".join(script.get_text() for script in page.select("script"))
        assert not page.select("[onclick]")
        for part in ("state", "log"):
            assert HOSTILE in text(page, part)


def test_the_fragment_is_the_same_part_of_the_page(tab: Tab) -> None:
    tab.start().info("reading")
    fragment, page = tab.page(tab.path + "/status"), tab.page()
    assert not fragment.select("body")
    assert [part["data-part"] for part in fragment.select("[data-part]")] == [
        part["data-part"] for part in page.select("[data-part]")
    ]
    assert text(fragment, "log") == text(page, "log")


@pytest.mark.parametrize("ended", [False, True])
def test_only_a_page_with_an_open_run_asks_again(tab: Tab, ended: bool) -> None:
    log = tab.start()
    if ended:
        tab.end(log, State.SKIPPED, "Nothing.")
    [root] = tab.page().select(".dpp")
    assert root.has_attr("data-open") is not ended


@pytest.mark.parametrize(("form", "ignore_hash"), [({}, False), ({"ignore_hash": "true"}, True)])
def test_the_button_queues_a_run_and_shows_it(tab: Tab, form: dict[str, str], ignore_hash: bool) -> None:
    page = tab.press(form)
    assert "Waiting" in text(page, "state")
    with database.transaction() as connection:
        asked = connection.execute(sa.select(run.c.cause, run.c.ignore_hash).where(of(tab))).all()
    assert asked == [("submit", ignore_hash)]


def test_pressing_twice_says_that_nothing_new_was_queued(tab: Tab) -> None:
    tab.press()
    assert "Nothing new was queued" in flash(tab.press())


def test_a_resource_without_a_file_has_no_button(make_tab: Callable[..., Tab]) -> None:
    page = make_tab(url_type="datastore").page()
    assert "kept in the DataStore itself" in text(page, "state")
    assert button(page) == ""


def test_deleting_the_table_takes_two_steps_and_keeps_the_file(tab: Tab) -> None:
    table(tab)
    [form] = tab.page().select("details .alert-danger form, details form.alert-danger")
    page = tab.press(path=str(form["action"]))
    assert "were deleted" in flash(page)
    assert not page.select("details form.alert-danger")
    assert call_action("resource_show", id=tab.resource["id"])["datastore_active"] is False


def test_every_form_carries_the_token_against_forgery(tab: Tab) -> None:
    table(tab)
    tab.end(tab.start(), State.COMPLETE, "Loaded.", LOADED)
    forms = tab.page().select(".dpp form")
    # load, dry run, how to read the file, delete
    assert len(forms) == 4
    assert all(form.select_one("input[name=_csrf_token]") for form in forms)


@pytest.mark.parametrize("base", ["", "https://prefect.example.org"])
def test_prefect_is_linked_only_where_its_pages_are_known(
    tab: Tab, base: str, ckan_config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_current", replace(settings.current(), prefect_ui_base=base))
    tab.start()
    sysadmin = replace(tab, headers={"Authorization": factories.SysadminWithToken()["token"]})
    links = [link["href"] for link in sysadmin.page().select("[data-part=facts] a[rel=noopener]")]
    assert links == ([f"{base}/runs/flow-run/f00d"] if base else [])


@pytest.mark.parametrize("path", ["{tab}", "{tab}/status", "/api/3/action/datapusher_status?resource_id={id}"])
def test_only_sysadmins_get_the_address_of_prefect(tab: Tab, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_current", replace(settings.current(), prefect_ui_base="https://flows.example.org"))
    tab.end(tab.start(), State.ERROR, "No.")
    path = path.format(tab=tab.path, id=tab.resource["id"])
    sysadmin = {"Authorization": factories.SysadminWithToken()["token"]}
    assert "https://flows.example.org/runs/flow-run/f00d" in tab.app.get(path, headers=sysadmin).text
    editors = tab.app.get(path, headers=tab.headers, status=200).text
    assert ("flows.example.org" in editors, "Open in Prefect" in editors) == (False, False)


@pytest.mark.parametrize("path", ["", "/status"])
def test_only_editors_see_the_tab(tab: Tab, path: str) -> None:
    stranger = {"Authorization": factories.UserWithToken()["token"]}
    assert tab.app.get(tab.path + path, headers=stranger).status_code == 403
    assert "dpp-state" not in tab.app.get(tab.path + path).text


def test_only_editors_may_press(tab: Tab) -> None:
    stranger = {"Authorization": factories.UserWithToken()["token"]}
    assert tab.app.post(tab.path, headers=stranger).status_code == 403
    delete = f"/dataset/{tab.resource['package_id']}/delete-datastore/{tab.resource['id']}"
    assert tab.app.post(delete, headers=stranger).status_code == 403
    assert "Not loaded yet" in text(tab.page(), "state")


def test_a_resource_is_found_only_under_its_own_dataset(tab: Tab) -> None:
    other = factories.Dataset()
    tab.page(f"/dataset/{other['id']}/resource_data/{tab.resource['id']}", status=404)
    tab.page(f"/dataset/{other['id']}/resource_data/no-such-resource", status=404)
