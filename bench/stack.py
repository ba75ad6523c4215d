"""The running stack on which the benchmarks run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from dev.portal import Portal
from dev.stack import BENCH_STACK, MAIN, Stack

#: Server settings that decide how expensive a write is; saved with the results.
_SERVER = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers")


def chosen() -> Stack:
    """Return the stack that the environment variable STACK names, by default one that only benchmarks use."""
    return Stack.chosen(BENCH_STACK)


def stack_file() -> dict[str, str]:
    """Return the content of the ``stack.json`` that `dev up` wrote for the running stack."""
    return json.loads(chosen().summary.read_text(encoding="utf-8"))


def new_dataset(portal: Portal) -> str:
    """Create an organization with one dataset, and return the dataset's id."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    portal.act("organization_create", name=name)
    return portal.act("package_create", name=name, owner_org=name)["id"]


@dataclass(frozen=True)
class Ground:
    """Addresses of the servers and databases, and folders of the files."""

    portal: Portal
    ckan_dsn: str
    datastore_dsn: str
    read_dsn: str
    superuser_dsn: str
    #: folder in which samples are kept for later benchmarks
    files: Path
    #: the worker's ``work_dir``
    work: Path

    @cached_property
    def dataset(self) -> str:
        """Return the id of a new dataset for the measurements."""
        return new_dataset(self.portal)

    def settle(self, table: str | None = None) -> None:
        """Give every measurement the same start: run CHECKPOINT, and VACUUM on ``table`` if it is given."""
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            if table:
                connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier("public", table)))
            connection.execute("CHECKPOINT")

    def server(self) -> dict[str, str]:
        """Return the database server's settings in ``_SERVER``."""
        with psycopg.connect(self.superuser_dsn) as connection:
            rows = connection.execute(
                "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [[*_SERVER]]
            )
            return dict(rows.fetchall())

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Open a session of the datastore's write role."""
        with psycopg.connect(self.datastore_dsn, autocommit=True) as connection:
            yield connection


def ground() -> Ground:
    """Return the addresses and folders of the running stack."""
    stack, told = chosen(), stack_file()
    return Ground(
        portal=Portal(told["ckan_url"], told["sysadmin_token"]),
        ckan_dsn=told["ckan_dsn"],
        datastore_dsn=told["datastore_dsn"],
        read_dsn=told["datastore_read_dsn"],
        superuser_dsn=stack.dsn("postgres", MAIN.datastore_db),
        files=stack.folder("bench"),
        work=stack.folder("work", MAIN.name),
    )
