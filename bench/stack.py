"""The running stack that is measured."""

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

#: What decides how dear a write is; told with the results.
_SERVER = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers")


def chosen() -> Stack:
    """Return the stack that STACK names, by default one that nothing else uses."""
    return Stack.chosen(BENCH_STACK)


def stack_file() -> dict[str, str]:
    """Return what `dev up` wrote about the stack that is up."""
    return json.loads(chosen().summary.read_text(encoding="utf-8"))


def new_dataset(portal: Portal) -> str:
    """Make an organization with one dataset and return the dataset's id."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    portal.act("organization_create", name=name)
    return portal.act("package_create", name=name, owner_org=name)["id"]


@dataclass(frozen=True)
class Ground:
    """The servers, and where files and tables are."""

    portal: Portal
    ckan_dsn: str
    datastore_dsn: str
    read_dsn: str
    superuser_dsn: str
    #: samples are kept here from one time to the next
    files: Path
    #: the worker's ``work_dir``
    work: Path

    @cached_property
    def dataset(self) -> str:
        """Return the id of a dataset for what is measured."""
        return new_dataset(self.portal)

    def settle(self, table: str | None = None) -> None:
        """Let every measurement begin alike: nothing left to write back, and nothing for autovacuum to do."""
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            if table:
                connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier("public", table)))
            connection.execute("CHECKPOINT")

    def server(self) -> dict[str, str]:
        """Return the database server's settings that matter."""
        with psycopg.connect(self.superuser_dsn) as connection:
            rows = connection.execute(
                "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [[*_SERVER]]
            )
            return dict(rows.fetchall())

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Open a session as the role that CKAN writes tables with."""
        with psycopg.connect(self.datastore_dsn, autocommit=True) as connection:
            yield connection


def ground() -> Ground:
    """Find the stack that is up."""
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
