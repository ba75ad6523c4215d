"""The plugin's settings: declared once in ``config_declaration.yaml``, read once into a frozen object."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PREFIX = "ckanext.datapusher_plus."
DECLARATION = Path(__file__).with_name("config_declaration.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field for each declared option; what an option means is told in the declaration."""

    formats: frozenset[str]
    max_content_length: int
    max_unpacked_bytes: int
    default_excel_sheet: str
    auto_unzip_one_file: bool
    ignore_file_hash: bool
    file_hash_algorithm: str
    type_mapping: Mapping[str, str]
    null_values: tuple[str, ...]
    prefer_dmy: bool
    max_quarantine_pct: float
    unsafe_prefix: str
    reserved_colnames: frozenset[str]
    download_connect_timeout: int
    download_timeout: int
    download_deadline: int
    download_least_rate: int
    download_retries: int
    download_proxy: str
    download_proxy_resolves: bool
    ssl_verify: bool
    ssl_ca_bundle: str
    chunk_size: int
    allowed_internal_hosts: frozenset[str]
    load_strategy: str
    load_parallelism: int
    full_text: str
    swap_lock_timeout: int
    swap_patience: int
    work_dir: Path
    dictionary_stash_dir: Path
    dictionary_stash_required: bool
    dictionary_stash_keep: int
    prefect_api_url: str
    prefect_ui_base: str
    prefect_deployment_name: str
    prefect_work_pool: str
    prefect_work_pool_type: str
    worker_limit: int
    worker_grace: int
    sweep_interval: int
    flow_timeout: int
    run_retries: int
    keep_runs: int
    upload_log_level: str

    @property
    def parallelism(self) -> int:
        """Return how many connections fill a table: as set, else the machine's cores, at most 4."""
        return self.load_parallelism or min(os.cpu_count() or 1, 4)


def read(config: Mapping[str, Any]) -> Settings:
    """Make the settings of a CKAN configuration in which the declared options are cast already.

    :raises ValueError: when an option's text cannot be understood; the message names the option.
    """
    given = {field.name: config[PREFIX + field.name] for field in fields(Settings)}
    return Settings(**{**given, **_refined(given), **_from_ckan(given, config)})


def declared_defaults() -> dict[str, Any]:
    """Return every declared option with its default, as CKAN would cast it; for use without CKAN."""
    groups = yaml.safe_load(DECLARATION.read_text(encoding="utf-8"))["groups"]
    return {option["key"]: _cast(option) for group in groups for option in group["options"]}


def _cast(option: Mapping[str, Any]) -> Any:
    return str(option["default"]).split() if option.get("type") == "list" else option["default"]


def _refined(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields whose option is text with a structure of its own."""
    return {
        "formats": frozenset(name.lower() for name in given["formats"]),
        "reserved_colnames": frozenset(name.lower() for name in given["reserved_colnames"]),
        "null_values": tuple(given["null_values"]),
        "type_mapping": _type_mapping(given["type_mapping"]),
        "max_quarantine_pct": _percent("max_quarantine_pct", given["max_quarantine_pct"]),
        "work_dir": _folder(given["work_dir"], "dpp_work"),
        "dictionary_stash_dir": _folder(given["dictionary_stash_dir"], "dpp_dict_stash"),
    }


def _from_ckan(given: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that CKAN's own options complete."""
    return {
        "download_proxy": given["download_proxy"] or config.get("ckan.download_proxy") or "",
        "allowed_internal_hosts": frozenset(host.lower() for host in given["allowed_internal_hosts"]),
    }


def _folder(given: str, default: str) -> Path:
    return Path(given) if given else Path(tempfile.gettempdir()) / default


def _percent(name: str, given: object) -> float:
    try:
        percent = float(str(given))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ValueError(f"{PREFIX}{name} is not a number from 0 to 100: {given}")
    return percent


def _type_mapping(text: str) -> dict[str, str]:
    option = f"{PREFIX}type_mapping"
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{option} is not a JSON object on one line: {error}") from error
    default = json.loads(declared_defaults()[option])
    unknown = set(mapping) - set(default)
    if unknown:
        raise ValueError(f"{option} names unknown kinds of columns: {', '.join(sorted(unknown))}")
    return {**default, **mapping}


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Make ``settings`` those of this process; called by the plugin's ``configure``."""
    global _current  # noqa: PLW0603 (the one place where the process's settings live)
    _current = settings


def current() -> Settings:
    """Return this process's settings, the declared defaults when none were set."""
    return _current or _defaults()


@lru_cache(maxsize=1)
def _defaults() -> Settings:
    return read(declared_defaults())
