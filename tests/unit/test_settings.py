"""Settings are read once, and what cannot be understood is said at start-up."""

from __future__ import annotations

import tempfile
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus import settings

KEY = settings.PREFIX


def read(**changed: Any) -> settings.Settings:
    return settings.read({**settings.declared_defaults(), **{KEY + name: value for name, value in changed.items()}})


def test_the_defaults_that_people_rely_on() -> None:
    found = read()
    assert found.formats >= {"csv", "tab", "xlsx", "ods", "json", "parquet", "geojson", "zip", "gz", "text/csv"}
    assert found.load_strategy == "swap"
    assert found.dictionary_stash_required is True
    assert found.dictionary_stash_dir == Path(tempfile.gettempdir()) / "dpp_dict_stash"
    assert found.ssl_verify is True
    assert found.prefect_deployment_name == "datapusher-plus/datapusher-plus"


def test_formats_are_whole_names_without_case() -> None:
    assert read(formats=["CSV", "GeoJSON"]).formats == {"csv", "geojson"}


def test_a_partial_type_mapping_keeps_the_other_defaults() -> None:
    mapping = read(type_mapping='{"Date": "timestamp"}').type_mapping
    assert (mapping["Date"], mapping["Integer"]) == ("timestamp", "numeric")


@pytest.mark.parametrize("text", ["not json", '{"Colour": "text"}'])
def test_a_type_mapping_that_makes_no_sense_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"{KEY}type_mapping"):
        read(type_mapping=text)


@pytest.mark.parametrize(("set_to", "expected"), [(3, 3), (1, 1)])
def test_parallelism_as_set(set_to: int, expected: int) -> None:
    assert read(load_parallelism=set_to).parallelism == expected


def test_parallelism_follows_the_machine_up_to_four() -> None:
    assert 1 <= read(load_parallelism=0).parallelism <= 4


def test_hosts_are_compared_without_regard_to_case() -> None:
    config = {**settings.declared_defaults(), KEY + "allowed_internal_hosts": ["Files:80"]}
    assert settings.read(config).allowed_internal_hosts == {"files:80"}


@pytest.mark.parametrize(("own", "expected"), [("", "http://ckans"), ("http://ours", "http://ours")])
def test_ckans_proxy_is_used_unless_there_is_one_for_us(own: str, expected: str) -> None:
    config = {**settings.declared_defaults(), KEY + "download_proxy": own, "ckan.download_proxy": "http://ckans"}
    assert settings.read(config).download_proxy == expected


#: numbers that mean something below zero: the last rows, no limit
SIGNED = ("preview_rows", "auto_index_threshold")
NUMBERS = [each for each in fields(settings.Settings) if each.type in ("int", "float") and each.name not in SIGNED]


@pytest.mark.parametrize("name", SIGNED)
def test_numbers_below_zero_are_taken_where_they_mean_something(name: str) -> None:
    assert getattr(read(**{name: -1}), name) == -1
    for wrong in (None, "many", 1.5, -(2**40)):
        with pytest.raises(ValueError, match=f"{KEY}{name} must be a whole number"):
            read(**{name: wrong})


@pytest.mark.parametrize(
    ("text", "template"),
    [("true", "{resource}-{package}-{org}"), ("False", ""), ("", ""), ("{package}", "{package}"), ("on", None)],
)
def test_an_alias_is_a_template_or_as_in_datapusher_plus(text: str, template: str | None) -> None:
    assert read(auto_alias=text).auto_alias == (template if template is not None else "{resource}-{package}-{org}")


def test_names_of_coordinates_may_be_separated_as_in_datapusher_plus() -> None:
    assert read(latitude_fields="Latitude,lat y").latitude_fields == ("latitude", "lat", "y")


@pytest.mark.parametrize("each", NUMBERS, ids=lambda each: each.name)
def test_every_number_has_its_bounds(each: Field[Any]) -> None:
    for wrong in (-5, -1, None, "", "many", 1.5 if each.type == "int" else "nan"):
        with pytest.raises(ValueError, match=rf"^{KEY}{each.name} must be a (whole )?number .* is (empty|{wrong})\.$"):
            read(**{each.name: wrong})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("worker_limit", 0),
        ("max_content_length", 0),
        ("swap_lock_timeout", 0),
        ("flow_timeout", 10**9),
        ("max_quarantine_pct", 101),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(name: str, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"{KEY}{name} must be a .*, and is {wrong}"):
        read(**{name: wrong})


@pytest.mark.parametrize(
    "name",
    ["download_least_rate", "download_retries", "load_parallelism", "worker_grace", "run_retries", "keep_runs"],
)
def test_zero_is_allowed_where_it_means_never_or_all(name: str) -> None:
    assert getattr(read(**{name: 0}), name) == 0


MAY_BE_EMPTY = {
    "null_values", "reserved_colnames", "allowed_internal_hosts", "default_excel_sheet", "download_proxy", "work_dir",
    "dictionary_stash_dir", "prefect_api_url", "prefect_ui_base", "ssl_ca_bundle",
    "auto_alias", "latitude_fields", "longitude_fields",
    "pii_mode", "pii_regex_resource_id_or_alias", "qsv_bin", "prefect_flow",
    "annotate_model", "annotate_model_key", "annotate_model_url",
    "thumbnail_base_url", "thumbnail_kinds", "thumbnail_sizes", "thumbnail_storage",
}  # fmt: skip


DEFAULTS = {key.removeprefix(KEY): value for key, value in settings.declared_defaults().items()}
TEXTS = {name: type(value)() for name, value in DEFAULTS.items() if isinstance(value, str | list)}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_list_or_a_text_is_empty_only_where_that_means_something(name: str) -> None:
    if name in MAY_BE_EMPTY:
        assert read(**{name: TEXTS[name]}) is not None
        return
    with pytest.raises(ValueError, match=f"^{KEY}{name} is (empty|not a JSON object)"):
        read(**{name: TEXTS[name]})


@pytest.mark.parametrize("text", ["[]", "3", '"text"', "null"])
def test_a_type_mapping_is_an_object(text: str) -> None:
    with pytest.raises(ValueError, match=f"{KEY}type_mapping must be a JSON object on one line"):
        read(type_mapping=text)


@pytest.mark.parametrize(
    ("set_to", "limit", "expected"),
    [(10, None, 10), (10, "25", 25), (10, "5000", 100), (20, "25", 20), (10, "0", 10), (10, "-5", 10), (10, "x", 10)],
)
def test_the_frequency_limit_of_datapusher_plus_counts_where_ours_is_not_set(
    set_to: int, limit: str | None, expected: int
) -> None:
    more = {} if limit is None else {"qsv_freq_limit": limit}
    assert read(statistics_top=set_to, **more).statistics_top == expected


@pytest.mark.parametrize("number", [0, 101])
def test_the_number_of_frequent_values_has_limits(number: int) -> None:
    with pytest.raises(ValueError, match="statistics_top must be a whole number from 1 to 100"):
        read(statistics_top=number)
