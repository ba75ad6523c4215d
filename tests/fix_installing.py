"""Fixtures for a plugin that is not fully installed: without its migrations, or without the packages for workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

TABLES = (
    "datapusher_plus_log",
    "datapusher_plus_run",
    "datapusher_plus_statistics",
    "datapusher_plus_alembic_version",
)

#: Python runs this at its start: the packages of the extra `worker` cannot be imported.
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"prefect", "anyio", "httpx", "fastapi", "pyarrow", "pyproj", "shapely"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def unmigrated(clean_db: None) -> Iterator[None]:
    """CKAN's database without the plugin's tables, for one test."""
    from ckan.plugins import toolkit as tk

    with psycopg.connect(tk.config["sqlalchemy.url"], autocommit=True) as connection:
        _rename(connection, "{}", "gone_{}")
        try:
            yield
        finally:
            _rename(connection, "gone_{}", "{}")


def _rename(connection: psycopg.Connection, old: str, new: str) -> None:
    for table in TABLES:
        names = sql.Identifier(old.format(table)), sql.Identifier(new.format(table))
        connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(*names))


@pytest.fixture
def program() -> Command:
    """Return a function that runs a Python program, with further environment variables if given."""

    def run(*words: str, **variables: str) -> Any:
        command, environment = [sys.executable, *words], {**os.environ, **variables}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture
def without_extras(program: Command, tmp_path: Path) -> Command:
    """Return a function that runs a Python program that cannot import the packages for workers."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    return partial(program, PYTHONPATH=str(tmp_path))
