"""Virtual environments of the loaders that the plugin is compared with, each with pinned versions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from .stack import chosen

#: The steps of ``pip install`` of each. XLoader's wheel asks for newer versions of packages than CKAN 2.12.0 pins
#: (certifi, idna, requests, urllib3), so pip refuses both together: its requirements are named here instead.
STEPS: Mapping[str, Sequence[Sequence[str]]] = {
    "xloader": (
        ("ckan[requirements]==2.12.0", "setuptools"),
        ("--no-deps", "ckanext-xloader==2.6.0"),
        (
            "ckantoolkit==0.0.7",
            "six==1.17.0",
            "tabulator==1.53.5",
            "Unidecode==1.4.0",
            "python-dateutil==2.9.0.post0",
            "chardet==7.6.0",
            "zipp==4.1.2",
        ),
    ),
    "dlt": (("dlt[postgres]==1.31.0", "pyarrow==26.0.1"),),
    "csvkit": (("csvkit==2.2.0", "psycopg2-binary==2.9.13", "SQLAlchemy==2.1.9"),),
}


def programs(name: str) -> Path:
    """Return the folder of a loader's programs, installed if they are missing: some minutes the first time."""
    folder = chosen().folder("peers") / name
    stamp, wanted = folder / "ready", sha256(repr(STEPS[name]).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"  installing {name} into {folder} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        for step in STEPS[name]:
            pip = [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", *step]
            subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return folder / "bin"
