"""The plugin's settings: declared once in ``config_declaration.yaml``, read once into a frozen object."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .core import alias, thumbnail

T = TypeVar("T")

PREFIX = "ckanext.datapusher_plus."
DECLARATION = Path(__file__).with_name("config_declaration.yaml")

#: Values that DataPusher+ has and this plugin has not, by option, and the value that each is read as.
REPLACED = {
    "file_hash_algorithm": {"blake3": "sha256"},
    "upload_log_level": {"TRACE": "DEBUG", "CRITICAL": "ERROR"},
}

#: Longest duration, in seconds: PostgreSQL holds durations as milliseconds in 32 bits.
LONGEST = 2_147_483


def _least(least: int, most: int | None = None) -> Any:
    """Return a field for a whole number with its bounds."""
    return field(metadata={"least": least, "most": most})


def _seconds(least: int) -> Any:
    """Return a field for a duration in whole seconds."""
    return _least(least, LONGEST)


def _filled() -> Any:
    """Return a field for a text or a list that may not be empty; all others may."""
    return field(metadata={"filled": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field for each declared option; the declaration says what an option means."""

    formats: frozenset[str] = _filled()
    max_content_length: int = _least(1)
    max_unpacked_bytes: int = _least(1)
    default_excel_sheet: str
    auto_unzip_one_file: bool
    ignore_file_hash: bool
    file_hash_algorithm: str = _filled()
    type_mapping: Mapping[str, str]
    null_values: tuple[str, ...]
    prefer_dmy: bool
    max_quarantine_pct: float
    analysis_engine: str = _filled()
    qsv_bin: str
    unsafe_prefix: str = _filled()
    reserved_colnames: frozenset[str]
    sort_and_dupe_check: bool
    dedup: bool
    preview_rows: int = _least(-(2**31 - 1), 2**31 - 1)
    auto_index_dates: bool
    auto_index_threshold: int = _least(-1)
    auto_index_min_threshold: int = _least(0)
    auto_unique_index: bool
    auto_alias: str
    auto_alias_unique: bool
    auto_csv_spatial_extent: bool
    latitude_fields: tuple[str, ...]
    longitude_fields: tuple[str, ...]
    download_connect_timeout: int = _seconds(1)
    download_timeout: int = _seconds(1)
    download_deadline: int = _seconds(1)
    download_least_rate: int = _least(0)
    download_retries: int = _least(0)
    download_proxy: str
    download_proxy_resolves: bool
    ssl_verify: bool
    ssl_ca_bundle: str
    chunk_size: int = _least(1)
    allowed_internal_hosts: frozenset[str]
    load_strategy: str = _filled()
    keep_tables: int = _least(0, 1)
    keep_tables_days: int = _least(0)
    review: str = _filled()
    load_parallelism: int = _least(0)
    full_text: str = _filled()
    full_text_index: str = _filled()
    index_memory: int = _least(1, 2_097_151)  # megabytes; PostgreSQL counts kilobytes in 31 bits
    swap_lock_timeout: int = _seconds(1)
    swap_patience: int = _seconds(0)
    work_dir: Path
    statistics: bool
    statistics_top: int = _least(1, 100)
    add_summary_stats_resource: bool
    dictionary_stash_dir: Path
    dictionary_stash_required: bool
    dictionary_stash_keep: int = _least(0)
    annotate: str = _filled()
    annotate_model_url: str
    annotate_model: str
    #: a secret
    annotate_model_key: str = field(repr=False)
    annotate_timeout: int = _seconds(1)
    annotate_tokens: int = _least(0)
    words_lack: tuple[str, ...] = _filled()
    words_claim_minutes: int = _least(1, 1440)
    prefect_api_url: str
    prefect_ui_base: str
    prefect_flow: str
    prefect_tasks: str = _filled()
    prefect_deployment_name: str = _filled()
    prefect_work_pool: str = _filled()
    prefect_work_pool_type: str = _filled()
    worker_limit: int = _least(1)
    worker_extra: int = _least(0)
    runs_per_hour: int = _least(0)
    run_memory_limit: int = _least(0)
    worker_grace: int = _seconds(0)
    sweep_interval: int = _seconds(1)
    flow_timeout: int = _seconds(1)
    run_retries: int = _least(0)
    keep_runs: int = _least(0)
    pii_mode: str
    pii_screening: bool
    pii_found_abort: bool
    pii_review_threshold: int = _least(0)
    pii_quick_screen: bool
    pii_show_candidates: bool
    pii_regex_resource_id_or_alias: str
    pii_reviewers: str = _filled()
    upload_log_level: str = _filled()
    thumbnail_sizes: tuple[thumbnail.Spec, ...]
    thumbnail_storage: str
    thumbnail_base_url: str
    thumbnail_kinds: frozenset[str]
    thumbnail_max_bytes: int = _least(1)
    thumbnail_at_once: int = _least(1, 100)

    @property
    def parallelism(self) -> int:
        """Return how many connections fill a table: as set, else one for each of the machine's cores, at most 4."""
        return self.load_parallelism or min(os.cpu_count() or 1, 4)


def read(config: Mapping[str, Any]) -> Settings:
    """Make the settings from a CKAN configuration in which the declared options are already cast.

    :raises ValueError: when an option's value is invalid; the message names the option.
    """
    given = {each.name: config[PREFIX + each.name] for each in fields(Settings)}
    given["statistics_top"] = _top(given["statistics_top"], config)
    for each in fields(Settings):
        _check(each.name, given[each.name], each.metadata)
    return Settings(**{**given, **_refined(given), **_from_ckan(given, config)})


def declared_defaults() -> dict[str, Any]:
    """Return every declared option with its default, as CKAN would cast it; for use without CKAN."""
    groups = yaml.safe_load(DECLARATION.read_text(encoding="utf-8"))["groups"]
    options = (option for group in groups for option in group["options"])
    return {one["key"]: str(one["default"]).split() if one.get("type") == "list" else one["default"] for one in options}


def _check(name: str, given: object, rule: Mapping[str, Any]) -> None:
    """Check an option's value against the rule of its field.

    :raises ValueError: when it is invalid; the message names the option, what it must be, and what it is.
    """
    if rule.get("filled") and not given:
        raise ValueError(f"{PREFIX}{name} is empty. Remove the line to have the default, or give it a value.")
    if "least" not in rule:
        return
    least, most = rule["least"], rule["most"]
    if type(given) is not int or given < least or (most is not None and given > most):
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{PREFIX}{name} must be a whole number {span}, and is {_shown(given)}.")


def _shown(given: object) -> str:
    return "empty" if given in ("", None) else str(given)


def _refined(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields whose values must still be converted or parsed."""
    return {
        **{name: values.get(given[name], given[name]) for name, values in REPLACED.items()},
        "formats": frozenset(_names(" ".join(given["formats"]))),
        "reserved_colnames": frozenset(_names(" ".join(given["reserved_colnames"]))),
        "null_values": tuple(given["null_values"]),
        "words_lack": _lack(given["words_lack"]),
        "type_mapping": _type_mapping(given["type_mapping"]),
        "auto_alias": alias.template_of(given["auto_alias"]),
        "latitude_fields": _names(given["latitude_fields"]),
        "longitude_fields": _names(given["longitude_fields"]),
        "max_quarantine_pct": _percent("max_quarantine_pct", given["max_quarantine_pct"]),
        "work_dir": _folder(given["work_dir"], "dpp_work"),
        "dictionary_stash_dir": _folder(given["dictionary_stash_dir"], "dpp_dict_stash"),
        "thumbnail_sizes": _parsed("thumbnail_sizes", thumbnail.sizes, given["thumbnail_sizes"]),
        "thumbnail_kinds": _parsed("thumbnail_kinds", thumbnail.kinds, " ".join(given["thumbnail_kinds"])),
    }


def _names(text: str) -> tuple[str, ...]:
    """Return the names of a list that blanks or, as in DataPusher+, commas separate, in lower case."""
    return tuple(text.replace(",", " ").lower().split())


def _from_ckan(given: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the proxy, which ``ckan.download_proxy`` may set, and the internal hosts in lower case."""
    return {
        "download_proxy": given["download_proxy"] or config.get("ckan.download_proxy") or "",
        "allowed_internal_hosts": frozenset(host.lower() for host in given["allowed_internal_hosts"]),
    }


def _top(given: object, config: Mapping[str, Any]) -> object:
    """Return DataPusher+'s ``qsv_freq_limit`` where it is set and ``statistics_top`` has its default."""
    limit = str(config.get(f"{PREFIX}qsv_freq_limit", "")).strip()
    is_default = given == declared_defaults()[f"{PREFIX}statistics_top"]
    return min(int(limit), 100) if is_default and limit.isascii() and limit.isdigit() and int(limit) else given


def _folder(given: str, default: str) -> Path:
    return Path(given) if given else Path(tempfile.gettempdir()) / default


def _lack(given: object) -> tuple[str, ...]:
    """Return what a column must have: label, notes or both."""
    names = _names(" ".join(given) if isinstance(given, list) else str(given))
    if not set(names) <= {"label", "notes"}:
        raise ValueError(f"{PREFIX}words_lack must be label, notes or both, and is {' '.join(names)}.")
    return names


def _percent(name: str, given: object) -> float:
    try:
        percent = float(str(given))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ValueError(f"{PREFIX}{name} must be a number from 0 to 100, and is {_shown(given)}.")
    return percent


def _parsed(name: str, parse: Callable[[str], T], text: str) -> T:
    """Return the value that an option's text means; an error names the option."""
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{PREFIX}{name}: {error}") from error


def _type_mapping(text: str) -> dict[str, str]:
    option = f"{PREFIX}type_mapping"
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{option} is not a JSON object on one line: {error}") from error
    if not isinstance(mapping, dict):
        raise ValueError(f"{option} must be a JSON object on one line, and is {text}.")  # noqa: TRY004
    default = json.loads(declared_defaults()[option])
    unknown = set(mapping) - set(default)
    if unknown:
        raise ValueError(f"{option} names unknown kinds of columns: {', '.join(sorted(unknown))}")
    return {**default, **mapping}


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Set the settings of this process; called by the plugin's ``configure``."""
    global _current  # noqa: PLW0603 (the one place where the process's settings live)
    _current = settings


def is_set() -> bool:
    """Return whether this process has read its configuration."""
    return _current is not None


def current() -> Settings:
    """Return this process's settings, the declared defaults when none were set."""
    return _current or _defaults()


@lru_cache(maxsize=1)
def _defaults() -> Settings:
    return read(declared_defaults())
