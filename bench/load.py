"""How long loading ``flights`` takes: our whole ingestion against CKAN's own trigger and index.

Both fill a table of the same columns and types on the same server, one after the other in each round:
ours from the request to ``complete``; naive by `datastore_create` and one COPY into the finished table, so that
CKAN's per-row full-text trigger and the full-text index work on each row.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg
from psycopg import sql

from dev.portal import Portal
from dev.samples import flights

from . import report
from .stack import new_dataset, stack_file, wait


def ours(portal: Portal, resource_id: str) -> float:
    """Load the resource's file again through the plugin and return the seconds from request to ``complete``."""
    before = portal.act("datapusher_status", resource_id=resource_id)["job_id"]
    start = time.perf_counter()
    portal.act("datapusher_submit", resource_id=resource_id, ignore_hash=True)
    wait(portal, resource_id, before)
    return time.perf_counter() - start


def naive(portal: Portal, dsn: str, package_id: str, fields: list[dict[str, str]], file: Path) -> float:
    """COPY ``file`` into a table that `datastore_create` made and return the seconds of both."""
    start = time.perf_counter()
    made = portal.act("datastore_create", resource={"package_id": package_id}, fields=fields, force=True)
    columns = sql.SQL(", ").join(sql.Identifier(field["id"]) for field in fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER true, NULL 'NA')").format(
        sql.Identifier(made["resource_id"]), columns
    )
    with (
        psycopg.connect(dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
        file.open("rb") as stream,
    ):
        while block := stream.read(1 << 20):
            copy.write(block)
    took = time.perf_counter() - start
    portal.act("resource_delete", id=made["resource_id"])
    return took


def main(rounds: int) -> None:
    """Measure ``rounds`` rounds, print the table and save the ratio."""
    stack = stack_file()
    portal = Portal(stack["ckan_url"], stack["sysadmin_token"])
    seconds: dict[str, list[float]] = {"ours": [], "naive": []}
    with tempfile.TemporaryDirectory() as folder:
        file = flights(Path(folder))
        package_id = new_dataset(portal)
        resource = portal.upload("resource_create", file, package_id=package_id, name="flights", format="CSV")
        wait(portal, resource["id"])
        found = portal.act("datastore_info", id=resource["id"])["fields"]
        fields = [{"id": field["id"], "type": field["type"]} for field in found if field["id"] != "_id"]
        for number in range(1, rounds + 1):
            seconds["ours"].append(ours(portal, resource["id"]))
            seconds["naive"].append(naive(portal, stack["datastore_dsn"], package_id, fields, file))
            print(f"round {number}: ours {seconds['ours'][-1]:.1f} s, naive {seconds['naive'][-1]:.1f} s", flush=True)
    ratio = median(seconds["ours"]) / median(seconds["naive"])
    print(report.row("flights, ours (request to complete)", seconds["ours"]))
    print(report.row("flights, naive (trigger and index)", seconds["naive"]))
    print(f"ours / naive = {ratio:.2f}   (to reach: at most 0.50)")
    print(f"written to {report.save({'flights_ours_over_naive': ratio}, seconds)}")
