"""Drafts of Data Dictionary entries: what rules make of headings, types, statistics and neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ckanext.datapusher_plus.core.drafts import headings
from ckanext.datapusher_plus.core.drafts.model import LONGEST_VALUE, Draft, Kind, Subject, fitted, size
from ckanext.datapusher_plus.core.drafts.neighbours import Neighbour, neighbour_drafts
from ckanext.datapusher_plus.core.drafts.rules import drafts
from ckanext.datapusher_plus.core.statistics import ColumnStatistics, Withheld, measure_of, withhold


def subject(heading: str, type_name: str = "text", **given: Any) -> Subject:
    """Return a column of 100 filled rows."""
    more = {key: given.pop(key) for key in ("personal", "filled") if key in given}
    figures = {"rows": 100, "empty": 0, "null_words": {}, "distinct": 50, **given}
    column = ColumnStatistics(name=heading, type=type_name, measure=measure_of(type_name), **figures)
    return Subject(statistics=column, heading=heading, **more)


def values(*subjects: Subject) -> dict[str, Any]:
    """Return the drafted values by kind."""
    return {draft.kind.value: draft.value for draft in drafts(subjects)}


LABELS = [
    ("DEP_DELAY_MIN", "int4", "Dep delay", "min"),
    ("TEMP_MIN", "numeric", "Temp min", None),
    ("Temperature (min)", "numeric", None, None),
    ("Length (km)", "numeric", "Length", "km"),
    ("Weight [kg]", "numeric", "Weight", "kg"),
    ("Temperature (°C)", "numeric", "Temperature", "°C"),
    ("turnout_pct", "numeric", "Turnout", "%"),
    ("dist_km", "numeric", "Dist", "km"),
    ("Preis in EUR", "numeric", "Preis", "EUR"),
    ("income_in_usd", "numeric", "Income", "USD"),
    ("area_m2", "numeric", "Area", "m²"),
    ("Größe der Fläche (km²)", "numeric", "Größe der Fläche", "km²"),
    ("total_days", "int4", "Total days", "days"),
    ("Number_of_days", "int4", "Number of days", None),
    ("price_per_km", "numeric", "Price per km", None),
    ("Author(s)", "text", None, None),
    ("Size (M)", "int4", None, None),
    ("dist_km", "text", "Dist km", None),
    ("depDelay", "int4", "Dep delay", None),
    ("GDPPerCapita", "numeric", "GDP per capita", None),
    ("user_id", "text", "User ID", None),
    ("название_улицы", "text", "Название улицы", None),
    ("人口", "int4", None, None),
    ("عدد السكان", "int4", None, None),
    ("ß_x", "text", "ß x", None),
    ("Name", "text", None, None),
    ("col_1", "text", None, None),
    ("Unnamed: 0", "text", None, None),
    ("2021", "int4", None, None),
    ("two\nlines", "text", "Two lines", None),
]


@pytest.mark.parametrize(("heading", "type_name", "label", "unit"), LABELS)
def test_label_and_unit_come_from_the_heading(heading: str, type_name: str, label: Any, unit: Any) -> None:
    found = values(subject(heading, type_name))
    assert (found.get("label"), found.get("unit")) == (label, unit)


def test_min_beside_max_is_not_minutes() -> None:
    assert headings.read("DELAY_MIN", ["delay_min"]).unit == "min"
    assert headings.read("DELAY_MIN", ["delay_min", "delay_max"]).unit == ""


UUID = "6bd0a8a4-5b2e-4b0c-9f0e-0f5a1d4f2f0e"
TYPES: list[tuple[Subject, str | None]] = [
    (subject("contact", top=(("ada@example.org", 60), ("bob@example.org", 40))), "email"),
    (subject("contact", top=(("ada@example.org", 60), ("none", 40))), None),
    (subject("E-Mail"), "email"),
    (subject("E-Mail", "int4"), None),
    (subject("source", top=(("https://example.org/a?b=1", 100),)), "url"),
    (subject("x1", "uuid"), "uuid"),
    (subject("key", shortest=36, longest=36, top=((UUID, 2),)), "uuid"),
    (subject("text", shortest=36, longest=36), None),
    (subject("Year", "int4", least="1999", greatest="2024"), "year"),
    (subject("Jahr", "int4", least="1", greatest="12"), None),
    (subject("lat", "float8", least="-33.5", greatest="51.2"), "latitude"),
    (subject("lat", "float8", least="-33.5", greatest="151.2"), None),
    (subject("lng", "numeric", least="-180", greatest="151.2"), "longitude"),
    (subject("country", top=(("DE", 60), ("FR", 40))), "country_iso2"),
    (subject("country", top=(("DEU", 60), ("FRA", 40))), "country_iso3"),
    (subject("country", top=(("DE", 60), ("XX", 40))), None),
    (subject("country", top=(("Germany", 100),)), None),
    (subject("currency", top=(("EUR", 60), ("USD", 40))), "currency"),
    (subject("shape", top=(("POINT (1 2)", 60), ("MULTIPOLYGON Z (((1 2 3)))", 40))), "wkt"),
    (subject("shape", top=(("POINTLESS", 60),)), None),
    (subject("station", longest=8, distinct=100), "identifier"),
    (subject("station", longest=8, distinct=99), None),
    (subject("station", longest=8, distinct=99, empty=1), None),
    (subject("height", "numeric", distinct=100), None),
    (subject("when", "timestamp", distinct=100), None),
    (subject("only", rows=1, distinct=1), None),
]


@pytest.mark.parametrize(("given", "expected"), TYPES, ids=lambda each: getattr(each, "name", str(each)))
def test_semantic_types_are_recognised(given: Subject, expected: str | None) -> None:
    assert values(given).get("semantic_type") == expected


def test_a_code_list_is_of_few_values_that_repeat() -> None:
    state = subject("state", distinct=2, top=(("b", 70), ("a", 30)))
    [codes] = [draft for draft in drafts([state]) if draft.kind is Kind.CODES]
    assert (codes.value, codes.evidence["counts"], codes.structural) == (["a", "b"], {"b": 70, "a": 30}, True)
    many = subject("state", distinct=13, top=tuple((f"v{number:02}", 7) for number in range(13)))
    twelve = subject("state", distinct=12, top=many.statistics.top[:12])
    some = subject("state", distinct=20, top=(("b", 70), ("a", 30)))
    unique = subject("state", distinct=100, withheld=Withheld.UNIQUE)
    assert ["codes" in values(each) for each in (twelve, many, some, unique)] == [True, False, False, False]


@pytest.mark.parametrize("by_statistics", [True, False])
def test_personal_data_is_flagged_and_no_value_is_drafted(by_statistics: bool) -> None:
    known = subject("email", distinct=2, top=(("ada@example.org", 60), ("bob@example.org", 40)), personal=True)
    if by_statistics:
        known = replace(known, statistics=withhold(known.statistics, Withheld.PERSONAL))
    found = drafts([known])
    assert {draft.kind.value: draft.value for draft in found} == {
        "label": "Email",
        "semantic_type": "email",
        "pii": True,
    }
    assert "ada" not in json.dumps([[draft.value, dict(draft.evidence)] for draft in found])


def test_entries_that_are_filled_in_are_not_drafted() -> None:
    column = subject("dist_km", "numeric")
    assert set(values(column)) == {"label", "unit"}
    assert values(replace(column, filled=frozenset([Kind.LABEL, Kind.UNIT]))) == {}


@pytest.mark.parametrize("char", ["a", "é", "人", "😀", '"', "\\", "a\n"])
def test_a_long_text_is_cut_and_kept_whole_in_the_evidence(char: str) -> None:
    draft = fitted(Draft(column="a", kind=Kind.NOTES, value=char * 3000))
    assert draft.value.endswith("…")
    assert LONGEST_VALUE - 10 <= size(draft.value) <= LONGEST_VALUE
    assert draft.evidence["whole"] == char * 3000
    short = Draft(column="a", kind=Kind.NOTES, value="x" * 1998)
    assert fitted(short) is short


def neighbour(
    label: str, title: str = "Trees", *, private: bool = False, notes: str = "", column: str = "objectid"
) -> Neighbour:
    """Return a column of another table."""
    comment = " " + json.dumps({"_info": {"label": label, "notes": notes}})
    return Neighbour(column=column, heading="OBJECTID", comment=comment, title=title, private=private)


def test_the_most_frequent_label_of_neighbours_is_drafted_with_their_number() -> None:
    found = [neighbour("Object number", title) for title in ("Trees", "Roads", "Parks", "Wells")]
    [draft] = neighbour_drafts([neighbour("Number"), *found, neighbour("OBJECTID")], {})
    assert (draft.kind, draft.value) == (Kind.LABEL, "Object number")
    assert draft.evidence == {
        "rule": "neighbours",
        "tables": 4,
        "described": 5,
        "examples": ["Parks", "Roads", "Trees"],
    }


def test_what_private_neighbours_say_is_marked_and_comes_last() -> None:
    secret = [neighbour("Secret", "Files", private=True, notes="Hidden"), neighbour("Secret", "More", private=True)]
    label, notes = neighbour_drafts([*secret, neighbour("Open")], {})
    assert (label.value, label.evidence["examples"], "private" in label.evidence) == ("Open", ["Trees"], False)
    assert (notes.value, notes.evidence["private"]) == ("Hidden", True)


def test_neighbours_say_nothing_about_filled_entries() -> None:
    assert list(neighbour_drafts([neighbour("Number")], {"objectid": frozenset([Kind.LABEL])})) == []
    assert list(neighbour_drafts([replace(neighbour("x"), comment="plain text")], {})) == []
