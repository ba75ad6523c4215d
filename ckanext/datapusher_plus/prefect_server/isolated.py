"""How a program is started that needs Prefect and nothing of CKAN's: without its passwords, and nobody's modules."""

from __future__ import annotations

import os
import site
from pathlib import Path

import prefect

#: What a program needs of its surroundings: Prefect's settings, and how to reach files and other machines.
_PREFIXES = ("PREFECT_", "LC_")
_NAMES = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TMP", "TEMP", "DO_NOT_TRACK"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    # a Python that is linked with a library of its own does not start without
    "LD_LIBRARY_PATH",
}
#: Where Prefect is, if the operator has not installed it where Python looks by itself.
_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE")


def environment() -> dict[str, str]:
    """Return the part of this process's environment that such a program gets."""
    names = _NAMES if flags() else {*_NAMES, *_PYTHON}
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(_PREFIXES)}


def flags() -> list[str]:
    """Return Python's options that keep the current folder and ``PYTHONPATH`` out, unless only they lead to Prefect."""
    here = Path(prefect.__file__)
    return ["-I"] if any(here.is_relative_to(folder) for folder in site.getsitepackages()) else []
