"""`flights` with a full-text index by GIN and by GiST: loads, size of the index, searches, and rows that are added."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import psycopg
from psycopg import sql

from . import files, measures, options, ours
from .measures import Rounds, Turns
from .results import of_files
from .stack import Ground
from .subject import Subject, introduce

#: A sample for each method, with the ways to load it. CKAN's own way is by GiST, as CKAN comes.
_SAMPLES = {
    "gin": (files.FLIGHTS_X1, ("ours", "floor", "naive")),
    "gist": (replace(files.FLIGHTS_X1, name="flights_gist"), ("ours", "floor")),
}
#: Rows that one `datastore_upsert` adds.
ADDED = 1_000
_SEARCHES = 20
_SIZE = """
    SELECT pg_relation_size(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    JOIN pg_am ON pg_am.oid = relam WHERE indrelid = %s::regclass AND amname = %s
"""


def measure(ground: Ground, rounds: int) -> tuple[dict[str, float], Rounds]:
    """Return the ratios, GIN ÷ GiST and ours ÷ other ways, and the rounds behind them."""
    loads = _loads(ground, rounds)
    tables = {method: introduce(ground, sample) for method, (sample, _) in _SAMPLES.items()}
    sizes = {method: _size(ground, subject, method) for method, subject in tables.items()}
    times: Rounds = {}
    for name, took in _uses(ground, tables, rounds):
        times.setdefault(name, []).append(took)
    middle = {name: median(values) for name, values in times.items()}
    ratios = of_files(loads)
    ratios["flights_ours_over_floor_gist"] = ratios.pop("flights_gist_ours_over_floor")
    ratios["index_size_x"] = sizes["gin"] / sizes["gist"]
    for what in ("search", "upsert", "search_after_upsert"):
        ratios[f"{what}_x"] = middle[f"{what}_gin"] / middle[f"{what}_gist"]
    return ratios, {**loads, **times}


def _loads(ground: Ground, rounds: int) -> Rounds:
    seconds: Rounds = {}
    for _ in range(rounds):
        for method, (sample, ways) in _SAMPLES.items():
            with options.worker({"full_text_index": method}):
                # the first load of a worker is slower
                ours.load(ground, introduce(ground, files.SMALL))
                turns = Turns(introduce(ground, sample), 1, ways)
                for key, took in measures.take(ground, [turns]).items():
                    seconds.setdefault(key, []).extend(took)
    return seconds


def _size(ground: Ground, subject: Subject, method: str) -> float:
    with psycopg.connect(ground.superuser_dsn) as connection:
        (row,) = connection.execute(_SIZE, [f'public."{subject.resource_id}"', method]).fetchall()
    return row[0]


def _uses(ground: Ground, tables: dict[str, Subject], rounds: int) -> Iterator[tuple[str, float]]:
    """Yield the seconds of searches, of upserts, and of searches right after them, in turns."""
    for round_ in range(rounds):
        for method, subject in tables.items():
            yield f"search_{method}", _search(ground, subject)
            yield f"upsert_{method}", _upsert(ground, subject, round_)
            yield f"search_after_upsert_{method}", _search(ground, subject)
            ground.settle(subject.resource_id)


def _search(ground: Ground, subject: Subject) -> float:
    """Return the median seconds of searches for one word each, that of an aeroplane."""
    table, took = sql.Identifier(subject.resource_id), list[float]()
    query = sql.SQL("SELECT * FROM {} WHERE _full_text @@ plainto_tsquery('english', %s)").format(table)
    with psycopg.connect(ground.read_dsn) as connection:
        common = sql.SQL("SELECT tailnum FROM {} GROUP BY 1 HAVING count(*) BETWEEN 90 AND 110 ORDER BY 1 LIMIT {}")
        words = connection.execute(common.format(table, sql.Literal(_SEARCHES))).fetchall()
        for (word,) in words:
            start = time.perf_counter()
            connection.execute(query, [word]).fetchall()
            took.append(time.perf_counter() - start)
    return median(took)


def _upsert(ground: Ground, subject: Subject, round_: int) -> float:
    """Add copies of rows of the table by the API, and return the seconds of the request."""
    found = ground.portal.act(
        "datastore_search", resource_id=subject.resource_id, limit=ADDED, offset=ADDED * round_, sort="_id"
    )
    records = [{name: value for name, value in row.items() if name != "_id"} for row in found["records"]]
    ground.settle()
    start = time.perf_counter()
    ground.portal.act("datastore_upsert", resource_id=subject.resource_id, force=True, method="insert", records=records)
    return time.perf_counter() - start
