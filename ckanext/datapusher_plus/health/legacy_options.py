"""Check for options in ckan.ini that this plugin ignores or reads as another value: DataPusher+'s own, and typos.

CKAN itself says nothing about an option that no plugin declares.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ckan.common import config

from ..settings import PREFIX, REPLACED, Settings
from .finding import Verdict, together, warn
from .wording import listed

_AUTOMATIC = "Remove it: this is detected from all values of each column."
_INTERNAL = "Remove it: this plugin loads in another way and has nothing to set here."
_FORMULAS = "Remove it: formulas and suggestions for dataset fields are not part of this plugin."
_SIMPLIFY = "Remove it: set dpp_simplify (in metres) on a resource whose shapes shall be simplified."

#: What to do about options of DataPusher+ that are not declared here, by name without prefix.
ADVICE = {
    "api_token": "Remove it and revoke the token: the worker needs none.",
    "types": _INTERNAL,
    "file_bin": _INTERNAL,
    "use_proxy": "Use download_proxy.",
    "use_truncate_freeze": _INTERNAL,
    "copy_readbuffer_size": _INTERNAL,
    "database_retries": "Use run_retries.",
    "result_storage_block": "Remove it: nothing is kept in Prefect.",
    "prefect_enabled": "Remove it: runs need Prefect; the worker starts a server of its own if the site has none.",
    "download_always_whitelist": "Use ignore_file_hash for the whole site, or ignore_hash when you submit a resource.",
    "qsv_dates_whitelist": _AUTOMATIC,
    "default_locale": f"{_AUTOMATIC} Set dpp_decimal on a resource to decide it.",
    "decimal_separator": f"{_AUTOMATIC} Set dpp_decimal on a resource to decide it.",
    "sort_and_dupe_check": "Remove it: duplicates are always counted.",
    "qsv_command_timeout": "Use flow_timeout, the limit of a whole run.",
    "qsv_stats_string_max_length": _INTERNAL,
    "summary_stats_options": "Remove it: the statistics are always the same.",
    "summary_stats_with_preview": "Remove it: statistics are always of the rows in the table.",
    "auto_spatial_simplification": _SIMPLIFY,
    "spatial_simplification_relative_tolerance": _SIMPLIFY,
    "jinja2_bytecode_cache_dir": _FORMULAS,
    "enable_druf": "Remove it: this workflow is not part of this plugin.",
    "enable_form_redirect": "Remove it: CKAN has no such interface.",
    "enable_ai_suggestions": _FORMULAS,
    "describegpt_config_path": _FORMULAS,
    "describegpt_timeout_seconds": _FORMULAS,
    "describegpt_api_key": _FORMULAS,
}
#: The same for options outside this plugin's prefix that DataPusher+ reads. CKAN declares them for its own plugin.
ELSEWHERE = {
    "ckan.datapusher.formats": f"Use {PREFIX}formats.",
    "ckan.datapusher.callback_url_base": "Remove it: the worker does not call CKAN over HTTP.",
    "ckan.datapusher.assume_task_stale_after": "Remove it: the worker finds dead runs and ends them.",
    "ckan.datapusher.assume_task_stillborn_after": "Remove it: the worker finds dead runs and ends them.",
    "ckan.datapusher.timeout": f"Use {PREFIX}flow_timeout.",
    "ckan.datapusher.api_token": "Remove it and revoke the token: the worker needs none.",
    "ckan.datapusher.url": "Remove it: there is no separate DataPusher service.",
}
#: Environment variables of DataPusher+, without their prefix ``DATAPUSHER_PLUS_``.
_ENVIRONMENT = (
    *("FLOW_TIMEOUT_SECONDS", "DOWNLOAD_RETRIES", "DATABASE_RETRIES", "CACHE_TTL_HOURS"),
    *("MAX_PERSIST_FILE_MB", "MAX_QUARANTINE_PCT", "RESULT_STORAGE_BLOCK", "PII_REVIEW_THRESHOLD"),
)


def legacy_options() -> Verdict:
    """Check this process's configuration and environment."""
    return judge(config, os.environ)


def judge(given: Mapping[str, Any], environment: Mapping[str, str]) -> Verdict:
    """Return a verdict that names each option that is ignored or replaced, and what to use instead."""
    declared = {field.name for field in fields(Settings)}
    ours = sorted(key for key in given if key.startswith(PREFIX) and key.removeprefix(PREFIX) not in declared)
    ignored = [warn(f"{key} is ignored.", _advice(key.removeprefix(PREFIX), declared)) for key in ours]
    elsewhere = [warn(f"{key} is ignored.", f"{key}: {say}") for key, say in ELSEWHERE.items() if key in given]
    variables = [name for each in _ENVIRONMENT if (name := f"DATAPUSHER_PLUS_{each}") in environment]
    if variables:
        be = "is" if len(variables) == 1 else "are"
        elsewhere.append(warn(f"{listed(variables)} {be} ignored.", "Set options in ckan.ini, not in the environment."))
    return together([*_replaced(given), *ignored, *elsewhere], "No option of DataPusher+ is set that is ignored here.")


def _replaced(given: Mapping[str, Any]) -> list[Verdict]:
    return [
        warn(f"{PREFIX}{name} = {value} is read as {REPLACED[name][value]}.", f"{name}: write {REPLACED[name][value]}.")
        for name in REPLACED
        if (value := str(given.get(PREFIX + name, ""))) in REPLACED[name]
    ]


def _advice(name: str, declared: set[str]) -> str:
    known = ADVICE.get(name.lower())
    if known:
        return f"{name}: {known}"
    if name.lower() in declared:
        return f"{name}: write {name.lower()}."
    return f"{name}: this plugin has no such option. See the list of options in docs/operate.md."
