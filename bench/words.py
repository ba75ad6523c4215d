"""The next column to describe: the queue against views, plain and materialized, and against CKAN's own actions.

How many times faster the queue is depends on the data: views look at all columns, so their time grows with the site.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

import psycopg
import requests
import sqlalchemy as sa
from sqlalchemy import event

from ckanext.datapusher_plus.words import probes, queue
from ckanext.datapusher_plus.words.permissions import Scope
from ckanext.datapusher_plus.words.probes import Asked
from dev.stack import free_port

from . import drafting, report, words_views
from .stack import Ground, stack_file
from .words_site import ORGANIZATIONS, TABLES, site

SMALL, LARGE = 10_000, 100_000
#: Organization of the site without any column.
EMPTY = f"bench-words-org-{ORGANIZATIONS}"
#: Calls of `datastore_info` that are measured; a site needs one for each table.
_CALLS = 50
_TIMEOUT = 60
#: Seconds of one way to find a column by SQL: the quickest takes a tenth of a millisecond.
_SQL_TURN = 0.05
_KINDS = words_views.KINDS

Times = dict[str, list[float]]


def measure(ground: Ground, rounds: int) -> tuple[dict[str, float], Times]:
    """Measure all ways in turns at both sizes, and return the figures and milliseconds of each round."""
    engine = sa.create_engine(ground.ckan_dsn)
    times: Times = {}
    figures: dict[str, float] = {}
    for columns in (SMALL, LARGE):
        with site(ground, engine, columns), words_views.views(engine), _server() as address:
            with psycopg.connect(ground.ckan_dsn) as connection:
                times |= _named(columns, "sql", _in_turns(_sql(engine, connection), rounds, _SQL_TURN))
            _print(times, f"words/{columns}/sql/")
            times |= _named(columns, "http", _in_turns(_http(address, ground.portal.token), rounds))
            _print(times, f"words/{columns}/http/")
            times |= _named(columns, "other", _others(ground, engine, rounds))
            if columns == SMALL:
                with_, without = _votes(engine, 20 * rounds)
                times |= {"words/vote": with_, "words/vote_without": without}
    figures |= _figures({name: median(values) for name, values in times.items()})
    figures |= drafting.measure(ground, rounds)
    figures["words_stale"] = float(len(stale(ground, engine)))
    engine.dispose()
    return figures, times


def _figures(middle: dict[str, float]) -> dict[str, float]:
    at = {size: f"words/{size}/" for size in (SMALL, LARGE)}
    return {
        "words_query_x": middle[at[SMALL] + "sql/views"] / middle[at[SMALL] + "sql/model"],
        "words_query_ms": middle[at[SMALL] + "sql/model"],
        "words_http_ms": middle[at[SMALL] + "http/model"],
        "words_http_floor_ms": middle[at[SMALL] + "http/floor"],
        "words_http_over_floor": middle[at[SMALL] + "http/model"] / middle[at[SMALL] + "http/floor"],
        "words_http_x": middle[at[LARGE] + "http/views"] / middle[at[LARGE] + "http/model"],
        "words_http_ckan_x": middle[at[SMALL] + "other/ckan"] / middle[at[SMALL] + "http/model"],
        "words_refresh_ms": middle[at[SMALL] + "other/refresh"],
        "words_write_x": middle["words/vote"] / middle["words/vote_without"],
    }


def _print(times: Times, prefix: str) -> None:
    for name, values in times.items():
        if name.startswith(prefix):
            print(f"  {report.row(name, values, 'ms')}", flush=True)


def _named(columns: int, kind: str, found: Times) -> Times:
    return {f"words/{columns}/{kind}/{way}": values for way, values in found.items()}


def _in_turns(ways: dict[str, Callable[[], object]], rounds: int, at_least: float = 0) -> Times:
    """Measure the ways in turns.

    :param at_least: seconds for which a way is repeated in its turn; their median counts, because a single quick call
        says more about the scheduler.
    """
    found: Times = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, call in ways.items():
            taken, until = list[float](), time.perf_counter() + at_least
            while not taken or time.perf_counter() < until:
                begun = time.perf_counter()
                call()
                taken.append(1000 * (time.perf_counter() - begun))
            # the first round warms up
            if number:
                found[way].append(median(taken))
    return found


def _sql(engine: sa.Engine, connection: psycopg.Connection) -> dict[str, Callable[[], object]]:
    """Return the ways to find the next column of all, and of 1 and 39 organizations, as prepared statements.

    The statements are those that the product, or the views' module, executes; here without SQLAlchemy, whose own time
    is the same for all ways and part of the figures over HTTP.
    """
    everything = Asked(user_id="bench", scope=Scope(everything=True))
    one = Asked(user_id="bench", scope=Scope(organizations=("bench-words-org-1",)))
    most = Asked(user_id="bench", scope=Scope(organizations=tuple(f"bench-words-org-{n}" for n in range(39))))
    ways: dict[str, Callable[[], object]] = {}
    for name, asked in (("", everything), ("_of_1", one), ("_of_39", most)):
        finders = {"model": probes.best, **{way: partial(words_views.best, kind) for way, kind in _KINDS.items()}}
        for way, find in finders.items():
            ways[f"{way}{name}"] = _replayed(connection, _executed(engine, partial(find, asked=asked)))
    return ways


def _executed(engine: sa.Engine, find: Callable[[sa.Connection], object]) -> list[tuple[str, Any]]:
    """Return the statements that a call executes, with their parameters."""
    found: list[tuple[str, Any]] = []

    def keep(_1: object, _2: object, statement: str, parameters: Any, *_3: object) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    try:
        with engine.connect() as connection:
            find(connection)
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    return found


def _replayed(connection: psycopg.Connection, statements: list[tuple[str, Any]]) -> Callable[[], object]:
    def call() -> None:
        for statement, parameters in statements:
            connection.execute(statement, parameters, prepare=True).fetchall()  # pyright: ignore

    return call


def _http(address: str, token: str) -> dict[str, Callable[[], object]]:
    session = requests.Session()
    session.headers["Authorization"] = token

    def get(path: str) -> object:
        answer = session.get(f"{address}/bench/words/{path}", timeout=_TIMEOUT)
        answer.raise_for_status()
        found = answer.json()["result"]["next"]
        if (found is None) is not (EMPTY in path):
            raise RuntimeError(f"{path} gave {json.dumps(found)[:200]}")
        return found

    paths = {way: way for way in ("model", *words_views.KINDS)}
    return {way: lambda path=path: get(path) for way, path in {**paths, "floor": f"model?organization={EMPTY}"}.items()}


def _others(ground: Ground, engine: sa.Engine, rounds: int) -> Times:
    """Measure CKAN's own way for all tables, from some calls, and a refresh of the materialized views."""
    begun = time.perf_counter()
    for number in range(_CALLS):
        ground.portal.act("datastore_info", id=f"00000000-0000-4000-8000-{number:012}")
    ckan = 1000 * (time.perf_counter() - begun) * TABLES / _CALLS
    return {"ckan": [ckan], **_in_turns({"refresh": lambda: words_views.refresh(engine)}, min(rounds, 3))}


_DRAFTS = """
SELECT id FROM datapusher_plus_annotation WHERE resource_id LIKE '00000000-0000-4000-8000-%' ORDER BY id LIMIT :n
"""
# what `queue.vote` does, without the queue and its lock: a lock of the draft keeps it open
_VOTE = sa.text("""
INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote)
SELECT id, :user, 1 FROM datapusher_plus_annotation WHERE id = :draft AND state = 'open' FOR SHARE
ON CONFLICT (annotation_id, user_id) DO UPDATE SET vote = EXCLUDED.vote, at = now();
SELECT (SELECT state FROM datapusher_plus_annotation WHERE id = :draft) AS state,
    count(*) FILTER (WHERE vote > 0) AS votes_for, count(*) FILTER (WHERE vote < 0) AS votes_against
FROM datapusher_plus_vote WHERE annotation_id = :draft
""")


def _votes(engine: sa.Engine, rounds: int) -> tuple[list[float], list[float]]:
    """Measure votes with and without the queue, each a transaction."""

    def without(draft: int, user: str) -> None:
        with engine.begin() as connection:
            connection.execute(_VOTE, {"draft": draft, "user": user}).one()

    def with_queue(draft: int, user: str) -> None:
        with engine.begin() as connection:
            queue.vote(connection, draft, user_id=user, vote=1)

    with engine.connect() as connection:
        drafts = connection.execute(sa.text(_DRAFTS), {"n": rounds}).scalars().all()
    times: tuple[list[float], list[float]] = ([], [])
    for draft in drafts:
        for place, write in enumerate((with_queue, without)):
            begun = time.perf_counter()
            write(draft, f"bench-{place}")
            times[place].append(1000 * (time.perf_counter() - begun))
    return times


def stale(ground: Ground, engine: sa.Engine) -> list[str]:
    """Return the writes that the very next answer did not show."""
    act, names = ground.portal.act, [f"bench-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    for name in names:
        act("organization_create", name=name)
    dataset = act("package_create", name=names[0], owner_org=names[0])["id"]
    resource = act("resource_create", package_id=dataset, url="http://example.org/t", format="none")["id"]
    fields: list[dict[str, Any]] = [{"id": name, "type": "text"} for name in ("a", "b")]
    wrong: list[str] = []

    def check(what: str, name: str | None, organization: str = names[0]) -> int | None:
        found = act("datapusher_plus_words_next", organization=organization, claim=False)["next"]
        if (found and found["column"]["name"]) != name:
            wrong.append(what)
        return found and found["column"]["id"]

    act("datastore_create", resource_id=resource, fields=fields, force=True)
    first = check("a new table", "a") or 0
    with engine.connect() as connection:
        ids = sa.text("SELECT id FROM datapusher_plus_column WHERE resource_id = :id AND name = 'b'")
        second = connection.execute(ids, {"id": resource}).scalar() or 0
    act("datapusher_plus_words_wish", column_id=second)
    check("a wish", "b")
    act("datapusher_plus_words_wish", column_id=second, on=False)
    check("a wish that is withdrawn", "a")
    with engine.begin() as connection:
        draft = sa.text(
            "INSERT INTO datapusher_plus_annotation (resource_id, column_id, kind, form, value, creator)"
            " VALUES (:resource, :column, 'label', 'value', '\"B\"', 'bench') RETURNING id"
        )
        made = connection.execute(draft, {"resource": resource, "column": second}).scalar_one()
        vote = sa.text("INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote) VALUES (:id, 'bench', 1)")
        connection.execute(vote, {"id": made})
        queue.recount(connection, [second])
    check("a vote", "b")
    fields[1]["info"] = {"label": "B", "notes": "described"}
    act("datastore_create", resource_id=resource, fields=fields, force=True)
    check("an edited label", "a")
    act("package_patch", id=dataset, owner_org=names[1])
    check("a dataset that left", None)
    if check("a moved dataset", "a", names[1]) != first:
        wrong.append("an id")
    act("dataset_purge", id=dataset)
    return wrong


@contextmanager
def _server() -> Iterator[str]:
    """Run the benchmark's web server, and yield its address."""
    port = free_port(set())
    command = [sys.executable, "-m", "bench.words_server", stack_file()["ckan_ini"], str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/api/3/action/status_show")
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address: str, patience: float = 180) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            requests.get(address, timeout=_TIMEOUT).raise_for_status()
        except requests.RequestException:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return
