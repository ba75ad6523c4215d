"""Drafts of Data Dictionary entries: eight processes draft for one table at once, then again, then one alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from ckanext.datapusher_plus.core.statistics import ColumnStatistics, Measure, TableStatistics, measure_of

from .stack import Ground, stack_file

COLUMNS, PROCESSES = 1000, 8
#: Seconds until all processes must have loaded CKAN.
_PATIENCE = 300
_DUPLICATES = """
SELECT coalesce(sum(n - 1), 0)::int FROM (
    SELECT count(*) AS n FROM datapusher_plus_annotation WHERE resource_id = %s
    GROUP BY column_id, kind, form, value, span, creator) AS groups
"""
_ROWS = "SELECT count(*) FROM datapusher_plus_annotation WHERE resource_id = %s"
_TYPES = ("text", "numeric", "text", "int4")
_NAMES = ("tree_state_{0}", "dist_{0}_km", "station_id_{0}", "DEP_{0}_DELAY_MIN")


def measure(ground: Ground, rounds: int) -> dict[str, float]:
    """Return how many drafts are there twice after all have drafted at once, what a second pass adds, and the time."""
    resource_id = _table(ground)
    _table(ground, described=True)
    together = _run(resource_id, PROCESSES)
    with psycopg.connect(ground.ckan_dsn, autocommit=True) as connection:
        duplicates, made = (connection.execute(query, [resource_id]).fetchone() for query in (_DUPLICATES, _ROWS))
        _run(resource_id, 1)
        again = connection.execute(_ROWS, [resource_id]).fetchone()
    assert duplicates
    assert made
    assert again
    if sum(each["created"] for each in together) != made[0] or made[0] < COLUMNS:
        raise RuntimeError(f"{made[0]} drafts of {together}")
    [alone] = _run(resource_id, 1, times=max(rounds, 3))
    return {
        "annotate_duplicates": float(duplicates[0]),
        "annotate_again_rows": float(again[0] - made[0]),
        "annotate_ms_per_column": 1000 * median(alone["seconds"]) / COLUMNS,
    }


def _table(ground: Ground, *, described: bool = False) -> str:
    """Create a table in the organization of the measurements, and return its resource's id."""
    info = {"label": "What it is", "notes": "Measured each hour"} if described else {}
    fields = [{"id": each.name, "type": each.type, "info": info} for each in _columns()]
    resource = ground.portal.act("resource_create", package_id=ground.dataset, name="drafts", format="none", url="x")
    ground.portal.act("datastore_create", resource_id=resource["id"], fields=fields, force=True)
    return resource["id"]


def _columns() -> list[ColumnStatistics]:
    return [_column(_NAMES[number % 4].format(number), _TYPES[number % 4]) for number in range(COLUMNS)]


def _column(name: str, type_name: str) -> ColumnStatistics:
    figures: dict[str, Any] = {"rows": 100, "empty": 0, "null_words": {}, "measure": measure_of(type_name)}
    if figures["measure"] is Measure.TEXT and "state" in name:
        return ColumnStatistics(name=name, type=type_name, distinct=2, top=(("good", 60), ("bad", 40)), **figures)
    return ColumnStatistics(name=name, type=type_name, distinct=100 if "id" in name else 50, **figures)


def _run(resource_id: str, processes: int, times: int = 0) -> list[dict[str, Any]]:
    """Run processes that draft at the same time, and return what each says."""
    ini = stack_file()["ckan_ini"]
    start = Path(ini).with_name(f"bench-drafting-{resource_id}")
    command = [sys.executable, "-m", "bench.drafting", ini, resource_id, str(start), str(times)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(processes)
    ]
    for worker in workers:
        assert worker.stdout
        worker.stdout.readline()
    # all have loaded CKAN
    start.touch()
    said = [json.loads(worker.communicate(timeout=_PATIENCE)[0]) for worker in workers]
    start.unlink()
    return said


def main(ini: str, resource_id: str, start: str, times: int) -> None:
    """Draft when the file ``start`` is there; with ``times``, clear and draft so often."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    make_app(load_config(ini))

    from ckanext.datapusher_plus.words import annotate, annotations

    at = datetime.now(timezone.utc)
    made = TableStatistics(
        resource_id=resource_id, run_id="bench", load_key="", made_at=at, rows=100, columns=tuple(_columns())
    )
    print("ready", flush=True)
    while not Path(start).exists():
        time.sleep(0.005)
    seconds = []
    created = 0
    for _ in range(times or 1):
        if times:
            annotations.clear(resource_id)
        begun = time.perf_counter()
        created = annotate.draft(resource_id, None, "bench", made)
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"created": created, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    ini, resource_id, start, times = sys.argv[1:]
    main(ini, resource_id, start, int(times))
