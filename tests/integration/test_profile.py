"""The profile of a table, as readers see it: on its page, as a resource view, and linked from the resource's page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan.common import CKANConfig
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus.core.statistics import Bin
from ckanext.datapusher_plus.plugin import DatapusherPlusPlugin
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.request import request
from ckanext.datapusher_plus.statistics import store
from tests.profiles import COLUMNS, DELAY, ORIGIN, Profiled, cards, text

Make = Callable[..., Profiled]
HOSTILE = "<script>alert(1)</script>\"' onclick=alert(2) &amp; \u202e\x1b"


def titles(page: BeautifulSoup) -> list[str]:
    return list(cards(page))


# what a card says


def test_a_column_of_numbers(flights: Profiled) -> None:
    card = cards(flights.page())["Departure delay"]
    assert [text(found) for found in card.select(".dpp-said li")] == [
        "328,521 of 336,776 rows have a value (97.5%).",
        "Taken as empty: “NA” (8,255).",
        "527 different values.",
        "From -43 to 1,301, average 12.6, half of the values between -5 and 11.",
    ]
    assert text(card.select_one(".dpp-about")) == "dep_delay · Number numeric · Unit: minutes"
    assert text(card.select_one(".dpp-notes")) == "Early departures are negative."
    assert text(card.select_one("dl")) == "Median -2 Standard deviation 40.2 Sum 4,152,200"
    assert len(card.select("svg.dpp-plot[role=img] .dpp-bar")) == 15


def test_a_column_of_texts_shows_its_most_frequent_values(flights: Profiled) -> None:
    card = cards(flights.page())["Airport of departure"]
    shown = [(text(item.select_one("a")), text(item.select_one(".dpp-times > bdi"))) for item in card.select("ol li")]
    assert shown == [("EWR", "120,835 (35.9%)"), ("JFK", "111,279 (33%)"), ("LGA", "104,662 (31.1%)")]
    bars = [float(bar["width"]) for bar in card.select("ol .dpp-bar")]
    assert bars == [100, 92.09, 86.62]


def test_times_are_on_a_line_and_empty_rows_are_a_share(flights: Profiled) -> None:
    shown = cards(flights.page())
    assert shown["time_hour"].select("svg.dpp-plot .dpp-line")
    assert "From Jan 1, 2013, 5:00:00" in text(shown["time_hour"])
    [share] = shown["late"].select(".dpp-empty svg[role=img]")
    assert share["aria-label"] == "89.1% empty"
    whole, empty = (float(str(share.select_one(f"rect.{name}")["width"])) for name in ("dpp-rest", "dpp-bar"))
    assert round(empty / whole, 3) == 0.891
    assert "Yes: 30,000 (81.6%). No: 6,776 (18.4%)." in text(shown["late"])


@pytest.mark.parametrize(("column", "reason"), [("pilot", "marked as personal data"), ("flight", "occurs only once")])
def test_withheld_values_are_explained(column: str, reason: str, flights: Profiled) -> None:
    card = cards(flights.page())[column]
    assert reason in text(card.select_one(".dpp-withheld"))
    assert not card.select("ol, .dpp-plot")


def test_what_is_true_of_the_whole_table(flights: Profiled) -> None:
    page = flights.page()
    assert text(page.select_one("h1")) == "Profile of Flights"
    lead = text(page.select_one(".lead"))
    assert lead == "The table has 336,776 rows in 6 columns. No row repeats another one."
    assert not page.select(".alert-warning")
    flights.save(COLUMNS, duplicates=1234)
    assert "1,234 rows repeat an earlier one." in text(flights.page().select_one(".lead"))


def test_hostile_texts_stay_texts(make_profile: Make) -> None:
    value = "</a><img src=x onerror=alert(1)>\u202e\x1b"
    words = {"label": HOSTILE, "notes": f"{HOSTILE} [x](javascript:alert(1))", "unit": HOSTILE}
    bins = (Bin(start=HOSTILE, end=HOSTILE, count=1),)
    columns = [
        replace(ORIGIN, top=((value, 9),), null_words={HOSTILE: 2}),
        replace(DELAY, name="b", least=HOSTILE, greatest=HOSTILE, histogram=bins),
    ]
    page = make_profile(columns, said={"origin": words, "b": words}).page()
    found = page.select_one(".dpp-profile")
    assert found
    assert not found.select("script, img, [onclick], [onerror], [href^=javascript], [style]")
    assert {"\u202e", "\x1b"} & set(str(found)) == set()
    assert "</a><img src=x onerror=alert(1)>" in text(found)


# which columns


def many(make_profile: Make, count: int = 120) -> Profiled:
    return make_profile([replace(ORIGIN, name=f"c{at:03}", empty=at * 1000) for at in range(count)], said={})


def test_columns_come_in_pages(make_profile: Make) -> None:
    table = many(make_profile)
    first, last = table.page(), table.page("?page=3")
    assert (titles(first)[0], titles(first)[-1], len(titles(first))) == ("c000", "c049", 50)
    assert (titles(last)[0], titles(last)[-1]) == ("c100", "c119")
    assert text(last.select_one("[role=status]")) == "Page 3 of 3."
    [following] = first.select("nav.dpp-pages a[rel=next]")
    assert str(following["href"]).endswith("?page=2")
    assert not last.select("a[rel=next]")


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 5000, "²", ""])
def test_a_page_that_is_not_there_is_one_that_is(page: str, make_profile: Make) -> None:
    assert len(titles(many(make_profile, 60).page(f"?page={page}"))) in (10, 50)


def test_search_and_order_stay_from_page_to_page(make_profile: Make) -> None:
    page = many(make_profile).page("?q=c&order=empty")
    assert titles(page)[:2] == ["c119", "c118"]
    assert text(page.select_one("[role=status]")) == "120 of 120 columns found. Page 1 of 3."
    [following] = page.select("a[rel=next]")
    assert parse_qs(urlsplit(str(following["href"])).query) == {"q": ["c"], "order": ["empty"], "page": ["2"]}
    [form] = page.select("form.dpp-search")
    assert (form["method"], form.select("#dpp-q")[0]["value"]) == ("get", "c")
    assert [option["value"] for option in form.select("option[selected]")] == ["empty"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=airport", ["Airport of departure"]),
        ("?q=MINUTES", ["Departure delay"]),
        ("?q=dep_", ["Departure delay"]),
        ("?q=nothing", []),
        ("?order=hostile", ["Departure delay", "Airport of departure", "time_hour", "late", "pilot", "flight"]),
    ],
)
def test_search_among_columns(query: str, found: list[str], flights: Profiled) -> None:
    assert titles(flights.page(query)) == found


def test_a_hostile_search_stays_a_text(flights: Profiled) -> None:
    page = flights.page('?q="><script>alert(1)</script>')
    assert page.select("#dpp-q")[0]["value"] == '"><script>alert(1)</script>'
    assert not page.select(".dpp-profile script")


# links to rows


def test_a_value_filters_the_table_view(flights: Profiled) -> None:
    view = flights.make_view("datatables_view")
    link = cards(flights.page())["Airport of departure"].select("li > a")[1]
    parts = urlsplit(str(link["href"]))
    assert (parts.path, parse_qs(parts.query)) == (
        flights.resource_path,
        {"view_id": [view], "filters": ["origin:JFK"]},
    )
    assert flights.app.get(str(link["href"])).status_code == 200


ODD = "a:b|c%20 \"d\" 'é' \\ & = + #"


@pytest.mark.parametrize(("name", "value"), [("origin", "JFK"), ("a:b|c %", ODD)])
def test_the_table_view_finds_the_rows_of_any_value(name: str, value: str, make_profile: Make) -> None:
    table = make_profile([replace(ORIGIN, name=name, top=((value, 2),))], said={})
    rows = [{name: value}, {name: "other"}, {name: value}]
    call_action("datastore_upsert", resource_id=table.resource["id"], method="insert", records=rows, force=True)
    view = table.make_view("datatables_view")
    link = table.page().select(".dpp-values a")[0]
    [filters] = parse_qs(urlsplit(str(link["href"])).query)["filters"]
    asked = {"draw": "1", "search[value]": "", "start": "0", "length": "10", "filters": filters}
    answer = table.app.post(f"/datatables/ajax/{view}", data=asked)
    assert json.loads(answer.text)["recordsFiltered"] == 2


@pytest.mark.parametrize(("name", "value"), [("origin", "JFK"), ("a:b|c %", ODD)])
def test_without_a_table_view_a_value_downloads_its_rows(name: str, value: str, make_profile: Make) -> None:
    table = make_profile([replace(ORIGIN, name=name, top=((value, 1),))], said={})
    rows = [{name: value}, {name: "other"}]
    call_action("datastore_upsert", resource_id=table.resource["id"], method="insert", records=rows, force=True)
    answer = table.app.get(str(table.page().select(".dpp-values a")[0]["href"]))
    [_heading, row] = csv.reader(io.StringIO(answer.get_data(as_text=True)))
    assert row[1] == value


def test_without_javascript_the_rows_can_still_be_had(flights: Profiled) -> None:
    flights.make_view("datatables_view")
    [first, *_] = cards(flights.page())["Airport of departure"].select("noscript a")
    assert str(first["href"]).startswith(f"/datastore/dump/{flights.resource['id']}?")


def test_a_value_too_long_for_an_address_is_no_link(make_profile: Make) -> None:
    page = make_profile([replace(ORIGIN, top=(("x" * 5000, 2), ("y", 1)))]).page()
    assert [text(found) for found in page.select(".dpp-values a")] == ["y"]


# who may read it


@pytest.mark.parametrize(
    ("private", "who", "status"),
    [
        (False, "anonymous", 200),
        (False, "stranger", 200),
        (True, "anonymous", 404),
        (True, "stranger", 404),
        (True, "editor", 200),
        (True, "sysadmin", 200),
    ],
)
def test_who_may_read_the_resource_sees_its_profile(private: bool, who: str, status: int, make_profile: Make) -> None:
    table = make_profile(COLUMNS, private=private)
    tokens = {"anonymous": "", "editor": table.token}
    if who == "stranger":
        tokens[who] = factories.UserWithToken()["token"]
    if who == "sysadmin":
        tokens[who] = factories.SysadminWithToken()["token"]
    page = table.page(status=status, token=tokens[who])
    assert bool(page.select(".dpp-card")) is (status == 200)


@pytest.mark.ckan_config("ckan.auth.reveal_private_datasets", True)
def test_a_site_that_reveals_private_datasets_asks_for_a_login(make_profile: Make) -> None:
    table = make_profile(COLUMNS, private=True)
    table.page(status=403, token=factories.UserWithToken()["token"])
    answer = table.app.get(table.path, follow_redirects=False)
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (302, "/user/login")


def test_a_resource_of_another_dataset_is_not_found(flights: Profiled, make_profile: Make) -> None:
    other = make_profile(COLUMNS)
    for path in (
        f"/dataset/{other.dataset['name']}/profile/{flights.resource['id']}",
        f"/dataset/{flights.dataset['name']}/profile/missing",
        f"/dataset/missing/profile/{flights.resource['id']}",
    ):
        assert flights.app.get(path).status_code == 404


# when there are no statistics, or old ones


def test_stale_statistics_say_so(flights: Profiled) -> None:
    store.mark_stale(flights.resource["id"])
    assert "may no longer be right" in text(flights.page().select_one(".alert-warning"))


def missing(table: Profiled) -> str:
    page = table.page()
    assert not page.select(".dpp-card, form.dpp-search")
    return text(page.select_one(".dpp-profile"))


def test_without_a_table_or_statistics_one_sentence_says_so(make_profile: Make) -> None:
    table = make_profile()
    assert missing(table) == "This resource has no table, so there are no statistics of it."
    table.make_table(COLUMNS, {})
    assert missing(table) == "There are no statistics of this table yet; the next load of its file makes them."


def test_statistics_that_are_being_made(make_profile: Make) -> None:
    queued, loaded = make_profile(), make_profile()
    for table in (queued, loaded):
        table.make_table(COLUMNS, {})
    with database.transaction() as connection:
        request(connection, queued.resource["id"], cause="submit")
    store.expect(loaded.resource["id"], "run", store.Known())
    for table in (queued, loaded):
        assert missing(table) == "The statistics of this table are being made; look again in a few minutes."
    store.give_up(loaded.resource["id"])
    assert missing(loaded).startswith("There are no statistics")


@pytest.mark.ckan_config("ckanext.datapusher_plus.statistics", False)
@pytest.mark.with_plugins
def test_a_site_without_statistics(make_profile: Make) -> None:
    table = make_profile()
    table.make_table(COLUMNS, {})
    assert missing(table) == "This site makes no statistics of its tables."


def test_statistics_that_cannot_be_read_are_no_error_page(flights: Profiled) -> None:
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text("ALTER TABLE datapusher_plus_statistics RENAME TO gone"))
    try:
        assert missing(flights).startswith("The statistics of this table cannot be read at the moment")
    finally:
        with model.ensure_engine().begin() as connection:
            connection.execute(sa.text("ALTER TABLE gone RENAME TO datapusher_plus_statistics"))


def test_columns_that_came_or_went_since(make_profile: Make) -> None:
    table = make_profile()
    table.make_table([DELAY, replace(ORIGIN, name="new")], {})
    table.save([DELAY, ORIGIN])
    shown = cards(table.page())
    assert list(shown) == ["dep_delay", "new"]
    assert "newer than the statistics" in text(shown["new"])


def test_an_empty_table(make_profile: Make) -> None:
    empty = replace(ORIGIN, rows=0, distinct=0, top=(), shortest=None, longest=None)
    [card] = cards(make_profile([empty], said={}).page()).values()
    assert text(card.select_one(".dpp-said")) == "The table has no rows."
    assert not card.select("svg, ol")


# the view, and the link on the resource's page


def test_the_view_shows_the_profile(flights: Profiled) -> None:
    view = flights.make_view("table_profile")
    for path in (f"{flights.resource_path}?view_id={view}", f"{flights.resource_path}/view/{view}"):
        page = BeautifulSoup(flights.app.get(path).text, "html.parser")
        assert titles(page)[0] == "Departure delay"
        assert page.select("form.dpp-search")[0]["action"] == flights.path
        assert page.select('link[href*="profile"]'), "the view brings its style along"


def test_a_view_without_statistics_shows_one_sentence(make_profile: Make) -> None:
    table = make_profile()
    table.make_table(COLUMNS, {})
    view = table.make_view("table_profile")
    page = BeautifulSoup(table.app.get(f"{table.resource_path}?view_id={view}").text, "html.parser")
    assert text(page.select_one(".dpp-profile")).startswith("There are no statistics of this table yet")


@pytest.mark.ckan_config("ckan.views.default_views", "table_profile datatables_view")
def test_it_can_be_a_default_view(make_profile: Make) -> None:
    table = make_profile(COLUMNS)
    resource = call_action("resource_show", id=table.resource["id"])
    call_action("resource_create_default_resource_views", resource=resource, create_datastore_views=True)
    made = call_action("resource_view_list", id=resource["id"])
    assert [view["view_type"] for view in made] == ["table_profile", "datatables_view"]


def test_editors_can_add_the_view_in_the_form(flights: Profiled) -> None:
    path, headers = f"{flights.resource_path}/new_view", {"Authorization": flights.token}
    form = flights.app.get(f"{path}?view_type=table_profile", headers=headers, status=200)
    assert 'name="title"' in form.text
    data = {"title": "Profile", "view_type": "table_profile", "save": "1"}
    flights.app.post(path, data=data, headers=headers, status=200)
    [view] = call_action("resource_view_list", id=flights.resource["id"])
    assert view["view_type"] == "table_profile"


def test_the_resource_page_links_to_the_profile_of_its_table(flights: Profiled, make_profile: Make) -> None:
    def links(table: Profiled) -> list[Any]:
        page = BeautifulSoup(table.app.get(table.resource_path).text, "html.parser")
        return [link["href"] for link in page.select(".actions a") if text(link) == "Profile"]

    assert links(flights) == [flights.path]
    assert links(make_profile()) == []


@pytest.mark.usefixtures("with_plugins")
@pytest.mark.parametrize("theme", ["templates", "templates-midnight-blue"])
def test_both_themes_have_the_link(theme: str) -> None:
    """Both themes have the template and the block that the link extends; CKAN's wheel brings only the first along."""
    config = CKANConfig({"ckan.base_templates_folder": theme, "plugin_template_paths": []})
    plugin: Any = DatapusherPlusPlugin()
    plugin.update_config(config)
    [folder] = config["plugin_template_paths"]
    assert "block resource_actions_inner" in Path(folder, "package/resource_read.html").read_text()
