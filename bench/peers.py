"""`flights` and six rows by the loaders that people would take otherwise, into the same PostgreSQL server.

- *XLoader* as a site runs it: a web server and ``ckan jobs worker`` of its own on the stack's servers. The time is, as
  ours, from the request (`xloader_submit`, or the upload of a small file) to the state ``complete`` of its task. It
  loads a new table with text columns only.
- *dlt* and *csvkit* (``csvsql --insert``): the seconds of their whole command, from the file on disk to the committed
  table. They make no full-text search and no row numbers, and know nothing of CKAN. Their tables are dropped before.
- *sqlite-utils* writes SQLite only, so it is not among them.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import psycopg

from . import files, ours, peers_venv, small
from .files import Sample
from .measures import Rounds
from .peers_xloader import Xloader, running
from .stack import Ground, chosen
from .subject import Subject, introduce

#: csvkit takes minutes for `flights`.
_ONCE = ("flights/csvsql",)
_SAMPLES = (files.FLIGHTS_X1, files.SMALL)


def measure(ground: Ground, rounds: int) -> tuple[dict[str, float], Rounds]:
    """Return how many times longer the others take than we, and the seconds behind it."""
    for name in peers_venv.STEPS:
        peers_venv.programs(name)
    seconds: Rounds = {}
    with running() as xloader:
        flights = introduce(ground, files.FLIGHTS_X1)
        loaded = xloader.upload(flights.file, "flights")
        xloader.wait(loaded)
        for number in range(rounds):
            for key, took in _round(ground, flights, xloader, loaded):
                seconds.setdefault(key, []).append(took)
            for key, took in _commands(ground, first=number == 0):
                seconds.setdefault(key, []).append(took)
            told = "  ".join(f"{key} {values[-1]:.2f} s" for key, values in seconds.items())
            print(f"  round {number + 1} of {rounds}  {told}", flush=True)
    return _ratios(seconds), seconds


def _ratios(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    ratios = {}
    for key, values in seconds.items():
        name, way = key.split("/")
        if way != "ours":
            ratios[f"{name}_{way}_over_ours"] = median(values) / median(seconds[f"{name}/ours"])
    return ratios


def _round(ground: Ground, flights: Subject, xloader: Xloader, loaded: str) -> Iterator[tuple[str, float]]:
    ground.settle()
    yield "flights/ours", ours.load(ground, flights)
    ground.settle(flights.resource_id)
    start = time.perf_counter()
    xloader.submit(loaded)
    xloader.wait(loaded)
    yield "flights/xloader", time.perf_counter() - start
    ground.settle()
    yield "small/ours", small.uploaded(ground)
    start = time.perf_counter()
    xloader.wait(xloader.upload(files.SMALL.path(ground.files), "six"))
    yield "small/xloader", time.perf_counter() - start


def _commands(ground: Ground, *, first: bool) -> Iterator[tuple[str, float]]:
    """Yield the seconds of the loaders that know nothing of CKAN."""
    for sample in _SAMPLES:
        for way, command in _ways(ground, sample).items():
            key = f"{sample.name}/{way}"
            if first or key not in _ONCE:
                _drop(ground)
                ground.settle()
                yield key, _timed(command)
    _drop(ground)


def _ways(ground: Ground, sample: Sample) -> Mapping[str, list[str]]:
    file, dsn = str(sample.path(ground.files)), ground.superuser_dsn
    script, state = Path(__file__).with_name("peers_dlt.py"), chosen().folder("peers", "dlt-state")
    csvsql = [
        "--insert",
        "--overwrite",
        "--tables",
        "bench_csvsql",
        "--null-value",
        sample.null or "NA",
        "--db",
        # the default driver depends on the version of SQLAlchemy
        dsn.replace("postgresql:", "postgresql+psycopg2:", 1),
        file,
    ]
    return {
        "dlt": [str(peers_venv.programs("dlt") / "python"), str(script), file, sample.null, dsn, str(state)],
        "csvsql": [str(peers_venv.programs("csvkit") / "csvsql"), *csvsql],
    }


def _timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _drop(ground: Ground) -> None:
    with psycopg.connect(ground.superuser_dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_csvsql; DROP SCHEMA IF EXISTS bench_dlt CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS bench_dlt_staging CASCADE")
