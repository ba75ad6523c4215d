"""The self-test's legs, one at a time, on a portal whose parts a test may break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.servers import RunningStack

Ask = Callable[..., Any]
Having = Callable[..., None]


@pytest.fixture
def ask() -> Ask:
    """Ask one leg and return its finding."""

    def ask(leg: str) -> Any:
        from ckanext.datapusher_plus.flow.checkup import checkup

        (found,) = checkup([leg])
        return found

    return ask


@pytest.fixture
def having(loaded: None) -> Iterator[Having]:
    """Change settings for one test."""
    from ckanext.datapusher_plus import settings

    before = settings.current()

    def change(**fields: Any) -> None:
        settings.use(replace(settings.current(), **fields))

    yield change
    settings.use(before)


@pytest.fixture
def superuser(stack: RunningStack, loaded: None) -> Iterator[psycopg.Connection]:
    """A connection to the datastore's database that may do everything."""
    from ckan.plugins import toolkit as tk

    database = conninfo_to_dict(tk.config["ckan.datastore.write_url"])["dbname"]
    with psycopg.connect(stack.postgres_dsn, dbname=str(database), autocommit=True) as connection:
        yield connection
