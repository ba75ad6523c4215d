"""Which resources are loaded by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from ckanext.datapusher_plus.core.eligibility import Candidate, is_wanted

FORMATS = frozenset({"csv", "json", "text/csv"})
FILE = {"url": "https://example.org/a", "url_type": "", "format": "CSV", "mimetype": "", "active": True}


@pytest.mark.parametrize(
    ("but", "wanted"),
    [
        ({}, True),
        ({"format": " csv "}, True),
        ({"format": "JSON"}, True),
        ({"format": "GeoJSON"}, False),
        ({"format": "cs"}, False),
        ({"format": "", "mimetype": "text/csv"}, True),
        ({"format": "", "mimetype": ""}, False),
        ({"format": "PDF", "mimetype": "text/csv"}, False),
        ({"format": "", "url": "https://example.org/t.CSV?v=1"}, True),
        ({"format": "", "url": "t.csv", "url_type": "upload"}, True),
        ({"format": "", "url": "https://example.org/?file=t.csv"}, False),
        ({"format": "", "url": "https://[t.csv"}, False),
        ({"format": "PDF", "url": "t.csv", "url_type": "upload"}, False),
        ({"url": " "}, False),
        ({"url": "a.csv", "url_type": "upload"}, True),
        ({"url_type": "datastore"}, False),
        ({"url_type": "datapusher"}, False),
        ({"url_type": "added by a plugin"}, False),
        ({"active": False}, False),
    ],
    ids=str,
)
def test_a_resource_with_a_file_of_a_listed_format_is_wanted(but: dict[str, Any], wanted: bool) -> None:
    candidate = Candidate(**{**FILE, **but})
    assert is_wanted(candidate, formats=FORMATS, managed=frozenset({"added by a plugin"})) is wanted
