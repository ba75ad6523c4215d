"""Options of DataPusher+ that are ignored or replaced here are named, with what to use instead."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.health.legacy_options import judge
from ckanext.datapusher_plus.settings import PREFIX, declared_defaults, read


@pytest.mark.parametrize(
    ("key", "value", "sentence", "advice"),
    [
        ("api_token", "abc", f"{PREFIX}api_token is ignored.", "the worker needs none"),
        ("SPATIAL_SIMPLIFICATION_RELATIVE_TOLERANCE", "0.1", "RELATIVE_TOLERANCE is ignored.", "dpp_simplify"),
        ("Formats", "csv", f"{PREFIX}Formats is ignored.", "write formats"),
        ("no_such_option", "1", f"{PREFIX}no_such_option is ignored.", "no such option"),
        ("file_hash_algorithm", "blake3", "file_hash_algorithm = blake3 is read as sha256.", "write sha256"),
        ("upload_log_level", "TRACE", "upload_log_level = TRACE is read as DEBUG.", "write DEBUG"),
    ],
)
def test_what_has_no_effect_is_named_with_what_to_use(key: str, value: str, sentence: str, advice: str) -> None:
    found = judge({**declared_defaults(), PREFIX + key: value}, {})
    assert (found.state.value, found.sentence.endswith(sentence), advice in found.advice) == ("warn", True, True), found


def test_options_elsewhere_are_named_too() -> None:
    found = judge({"ckan.datapusher.formats": "csv"}, {"DATAPUSHER_PLUS_FLOW_TIMEOUT_SECONDS": "1", "PATH": "/bin"})
    assert "ckan.datapusher.formats is ignored." in found.sentence
    assert "DATAPUSHER_PLUS_FLOW_TIMEOUT_SECONDS is ignored." in found.sentence
    assert f"Use {PREFIX}formats." in found.advice


def test_a_site_without_them_is_well() -> None:
    assert judge({**declared_defaults(), "ckan.site_id": "default"}, {}).state.value == "ok"


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("file_hash_algorithm", "blake3", "sha256"),
        ("upload_log_level", "CRITICAL", "ERROR"),
        ("reserved_colnames", ["_id,RowId"], frozenset({"_id", "rowid"})),
        ("formats", ["csv,", "TSV"], frozenset({"csv", "tsv"})),
    ],
)
def test_values_of_datapusher_plus_are_taken(name: str, given: object, taken: object) -> None:
    assert getattr(read({**declared_defaults(), PREFIX + name: given}), name) == taken
