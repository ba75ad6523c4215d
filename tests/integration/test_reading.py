"""The box *How to read this file* on the DataStore tab: what it shows, what it saves, and what it loses never."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.parts import Part
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs import contents
from ckanext.datapusher_plus.steps.screen_parts import screened
from tests.fix_ckan import Runs
from tests.fix_file import ticket
from tests.tab import Tab

PARTS = (
    Part(name="Summary", cells=("region", "total")),
    Part(name="<b>Data</b>", cells=("day", "<script>")),
    Part(name="Old", is_empty=True),
)
READ = Published(rows=1, columns=(("a", "text"),), file_hash="0", load_key="0", read_as={"sheet": "Summary"})


def values(page: BeautifulSoup) -> dict[str, str]:
    """Return what the fields of the box have."""
    found = {str(each["name"]): str(each["value"]) for each in page.select("#dpp-reading input[id]")}
    for each in page.select("#dpp-reading select"):
        chosen = each.select_one("option[selected]")
        found[str(each["name"])] = str(chosen["value"]) if chosen else ""
    return found


def errors(page: BeautifulSoup) -> dict[str, str]:
    found = page.select("#dpp-reading [aria-invalid=true]")
    described = {str(each["name"]): str(each["aria-describedby"]).split()[0] for each in found}
    return {name: page.select("#" + id)[0].get_text(strip=True) for name, id in described.items()}


def save(tab: Tab, form: Mapping[str, str]) -> BeautifulSoup:
    return tab.press(form, tab.path + "/reading")


def stored(tab: Tab) -> dict[str, Any]:
    shown = call_action("resource_show", id=tab.resource["id"])
    return {name: value for name, value in shown.items() if name.startswith("dpp_")}


def causes(tab: Tab, runs: Runs) -> list[str]:
    return [row["cause"] for row in runs(tab.resource["id"])]


@pytest.fixture
def loaded_tab(make_tab: Callable[..., Tab]) -> Tab:
    """The tab of a workbook whose first sheet was loaded."""
    tab = make_tab(format="XLSX", url="http://example.org/a.xlsx", dpp_decimal="comma")
    log = tab.start()
    contents.keep(log._run_id, PARTS)
    tab.end(log, State.COMPLETE, "Loaded.", READ)
    return tab


def test_the_box_shows_what_is_set_what_was_found_and_the_first_cells(loaded_tab: Tab) -> None:
    page = loaded_tab.page()
    options = [(str(each["value"]), each.get_text(strip=True)) for each in page.select("#dpp_sheet option")]
    assert options == [
        ("", "Chosen automatically"),
        ("Summary", "Summary: region | total"),
        ("<b>Data</b>", "<b>Data</b>: day | <script>"),
        ("Old", "Old (empty)"),
    ]
    assert "The table now was read with: Summary" in " ".join(page.select("#dpp_sheet-used")[0].get_text(" ").split())
    assert (values(page)["dpp_decimal"], values(page)["dpp_sheet"]) == (",", "")
    assert page.select("#dpp-reading[open]")


def used(page: BeautifulSoup) -> dict[str, str]:
    """Return what stands below the fields about the last load."""
    found = {str(each["id"]): " ".join(each.get_text(" ").split()) for each in page.select("#dpp-reading [id$=-used]")}
    return {name.removesuffix("-used"): text.partition(": ")[2] for name, text in found.items()}


def test_the_box_shows_what_was_found_in_the_file(make_tab: Callable[..., Tab]) -> None:
    tab, found = make_tab(format="CSV"), {"encoding": "windows-1252", "separator": ";"}
    assert used(tab.page()) == {}
    read_as = {**found, "decimal": "comma", "dates": "day_first assumed_month_first newer_word"}
    tab.end(tab.start(), State.COMPLETE, "Loaded.", replace(READ, read_as=read_as))
    assert used(tab.page()) == {
        "dpp_encoding": "windows-1252, semicolon between values",
        "dpp_decimal": "comma, as in 1,5",
        "dpp_day_first": "day first; month first, which this site assumes: the file does not show it",
    }
    assert not tab.page().select("#dpp-reading[open]")
    tab.end(tab.start(), State.COMPLETE, "Loaded.", replace(READ, read_as={"separator": "<b>", "decimal": "unclear"}))
    assert used(tab.page())["dpp_encoding"] == "“<b>” between values"
    assert used(tab.page())["dpp_decimal"].startswith("unclear in some columns")


ARCHIVE = (Part(name="a.csv", cells=("day", "count"), size=2000), Part(name="b/c.xlsx", size=30_000_000))


def test_the_files_of_an_archive_are_listed_and_can_be_chosen(make_tab: Callable[..., Tab]) -> None:
    tab = make_tab(format="ZIP", url="http://example.org/a.zip")
    log = tab.start()
    contents.keep(log._run_id, ARCHIVE)
    tab.end(log, State.COMPLETE, "Loaded.", replace(READ, read_as={}))
    page = tab.page()
    options = [each.get_text(strip=True) for each in page.select("#dpp_sheet option")]
    assert options == ["Chosen automatically", "a.csv (1.9 KiB): day | count", "b/c.xlsx (28.6 MiB)"]
    # the table is the list of the files, so a resource can be made of each
    assert "2 more parts" in page.select("#dpp-reading form")[1].get_text()
    log = tab.start()
    contents.keep(log._run_id, ARCHIVE)
    tab.end(log, State.COMPLETE, "Loaded.", replace(READ, read_as={"sheet": "a.csv", "member": "a.csv"}))
    assert used(tab.page())["dpp_sheet"] == "a.csv"
    assert "1 more part" in tab.page().select("#dpp-reading form")[1].get_text()
    assert "“a.csv” is one of 2 parts of the file" in tab.page().select("#dpp-reading summary")[0].get_text()
    tab.end(tab.start(), State.COMPLETE, "Loaded.", replace(READ, read_as={"member": "only.csv"}))
    assert used(tab.page())["dpp_sheet"] == "only.csv"


def test_first_cells_from_before_the_site_screened_are_not_shown(
    loaded_tab: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_current", replace(settings.current(), pii_mode="report"))
    assert "region" not in loaded_tab.page().select("#dpp_sheet")[0].get_text()
    log, asked = loaded_tab.start(), ticket(tmp_path)
    contents.keep(log._run_id, screened(asked, [*PARTS, Part(name="Staff", cells=("Ada", "tel. 2 34 56"))]))
    loaded_tab.end(log, State.COMPLETE, "Loaded.", READ)
    shown = loaded_tab.page().select("#dpp_sheet")[0].get_text()
    assert ("Summary: region | total" in shown, "Staff: Ada" in shown) == (True, True)
    # patterns that cannot be used screen nothing, so no cell is kept
    broken = replace(settings.current(), pii_regex_resource_id_or_alias="no-such-resource")
    monkeypatch.setattr(settings, "_current", broken)
    assert [(part.name, part.cells) for part in screened(asked, PARTS[:1])] == [("Summary", ())]


def test_saving_starts_a_load_and_only_changed_fields_are_written(loaded_tab: Tab, runs: Runs) -> None:
    form = values(loaded_tab.page()) | {"dpp_sheet": "<b>Data</b>", "dpp_encoding": "utf-8"}
    page = save(loaded_tab, form)
    assert "Saved. The file is loaded again" in page.select(".flash-messages")[0].get_text()
    assert stored(loaded_tab) == {"dpp_sheet": "<b>Data</b>", "dpp_encoding": "utf-8", "dpp_decimal": "comma"}
    assert causes(loaded_tab, runs)[-1] == "options"
    before = len(causes(loaded_tab, runs))
    assert "Nothing was changed" in save(loaded_tab, values(page)).select(".flash-messages")[0].get_text()
    assert len(causes(loaded_tab, runs)) == before


def test_an_empty_value_clears_a_field(loaded_tab: Tab, runs: Runs) -> None:
    save(loaded_tab, values(loaded_tab.page()) | {"dpp_decimal": ""})
    assert stored(loaded_tab) == {}
    assert causes(loaded_tab, runs)[-1] == "options"


def test_a_bad_value_gets_a_sentence_at_its_field_and_nothing_typed_is_lost(loaded_tab: Tab, runs: Runs) -> None:
    typed = {
        "dpp_sheet": "Old",
        "dpp_encoding": 'kling"on<b>',
        "dpp_decimal": ".",
        "dpp_day_first": "true",
        "dpp_null_values": "n/a, <i>",
        "dpp_simplify": "far",
        "dpp_full_text": "none",
    }
    before = causes(loaded_tab, runs)
    page = save(loaded_tab, typed)
    assert values(page) == typed
    assert errors(page) == {
        "dpp_encoding": "No such encoding is known. Choose one of the list, such as utf-8 or windows-1252.",
        "dpp_simplify": "Write a number of metres, such as 10 or 0.5, with a point.",
    }
    assert (stored(loaded_tab), causes(loaded_tab, runs)) == ({"dpp_decimal": "comma"}, before)


def test_a_format_that_is_not_loaded_automatically_is_loaded_when_the_box_is_saved(tab: Tab, runs: Runs) -> None:
    page = tab.page()
    assert page.select("input#dpp_sheet"), "without a list of sheets their name can be typed"
    save(tab, {"dpp_sheet": "2"})
    assert (stored(tab), causes(tab, runs)) == ({"dpp_sheet": "2"}, ["submit"])


def test_a_sheet_that_the_last_file_does_not_have_stays_in_the_list(loaded_tab: Tab) -> None:
    call_action("resource_patch", id=loaded_tab.resource["id"], dpp_sheet="Gone")
    assert values(loaded_tab.page())["dpp_sheet"] == "Gone"


def test_the_list_is_that_of_the_last_file_that_was_read(loaded_tab: Tab) -> None:
    for parts in (PARTS[:1], ()):
        log = loaded_tab.start()
        contents.keep(log._run_id, parts)
        loaded_tab.end(log, State.ERROR, "There is no such sheet.")
        assert contents.latest(loaded_tab.resource["id"]) == parts
    loaded_tab.end(loaded_tab.start(), State.ERROR, "The server is away.")
    assert contents.latest(loaded_tab.resource["id"]) == ()


def test_a_table_without_a_file_has_no_box(make_tab: Callable[..., Tab]) -> None:
    assert not make_tab(url_type="datastore").page().select("#dpp-reading")


def test_first_cells_are_in_no_answer_of_an_action(loaded_tab: Tab) -> None:
    for action in ("datapusher_status", "datapusher_plus_runs"):
        assert "region" not in str(call_action(action, resource_id=loaded_tab.resource["id"]))
