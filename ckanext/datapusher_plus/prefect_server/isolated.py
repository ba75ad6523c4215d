"""How to start a program that needs Prefect but not CKAN: without CKAN's passwords and without others' modules."""

from __future__ import annotations

import os
import site
from pathlib import Path

import prefect

#: The environment variables that such a program needs: Prefect's settings, and how to reach files and other machines.
_PREFIXES = ("PREFECT_", "LC_")
_NAMES = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TMP", "TEMP", "DO_NOT_TRACK"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    # a Python that is linked with its own library does not start without it
    "LD_LIBRARY_PATH",
}
#: Where Prefect is, if it is not installed where Python looks by default.
_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE")


def environment() -> dict[str, str]:
    """Return the part of this process's environment that such a program gets."""
    names = _NAMES if flags() else {*_NAMES, *_PYTHON}
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(_PREFIXES)}


def flags() -> list[str]:
    """Return Python's options that ignore the current folder and ``PYTHONPATH``, unless only these lead to Prefect."""
    here = Path(prefect.__file__)
    return ["-I"] if any(here.is_relative_to(folder) for folder in site.getsitepackages()) else []
