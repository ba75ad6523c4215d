"""Start servers for the tests that need them, and load CKAN inside pytest.

Tests in the folders WITHOUT_SERVERS need only Python, or start what they need. For all others the stack is started, and
CKAN's own pytest plugin is loaded with the ini file of a separate site. That site has its own databases, so `clean_db`
never empties those of the stack's portal.
"""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.servers import RUNNING, start

HERE = Path(__file__).parent
WITHOUT_SERVERS = ("architecture", "contract", "faults", "unit")
#: Folders of long tests: with ``--smoke`` only their tests marked ``smoke`` run.
SLOW = ("acceptance", "browser")
CKAN_INSIDE = ("ckan.tests.pytest_ckan.ckan_setup", "ckan.tests.pytest_ckan.fixtures")

pytest_plugins = [f"tests.{path.stem}" for path in sorted(HERE.glob("fix_*.py"))]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our option, and CKAN's, because CKAN's plugin is loaded later."""
    parser.addoption("--ckan-ini", action="store", help="another CKAN than the test stack's")
    parser.addoption("--smoke", action="store_true", help=f"only the tests marked smoke of {SLOW}, and fewer faults")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests that not every change must pass."""
    if not config.option.smoke:
        return
    left_out = [item for item in items if _is_slow(item) and item.get_closest_marker("smoke") is None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in frozenset(left_out)]


def _is_slow(item: pytest.Item) -> bool:
    return any(item.path.is_relative_to(HERE / name) for name in SLOW)


def pytest_configure(config: pytest.Config) -> None:
    """Load CKAN when the session has tests that need it."""
    if config.option.help or config.option.collectonly or not _wants_ckan(config):
        return
    if config.option.ckan_ini is None:
        config.stash[RUNNING] = start()
        config.option.ckan_ini = config.stash[RUNNING].test_ini
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of CKAN's own imports
        for plugin in CKAN_INSIDE:
            config.pluginmanager.import_plugin(plugin)


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart() -> Iterator[None]:
    """Ignore the warnings of CKAN's libraries while CKAN starts: they do not concern our code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _wants_ckan(config: pytest.Config) -> bool:
    paths = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    free = [HERE / name for name in WITHOUT_SERVERS]
    return not all(any(path.is_relative_to(folder) for folder in free) for path in paths)


@pytest.fixture
def clean_db(reset_db: Callable[[], None]) -> None:
    """Empty CKAN's tables and the plugin's own."""
    from ckan import model
    from ckan.plugins.toolkit import config, get_action
    from sqlalchemy.exc import DBAPIError

    from ckanext.datapusher_plus.waits import retry_until

    # `dev up` has migrated the schema, so CKAN need not drop and migrate everything again
    model.repo.tables_created_and_initialised = True

    def reset() -> None:
        model.Session.rollback()
        reset_db()
        with psycopg.connect(config["sqlalchemy.url"], autocommit=True) as connection:
            _truncate(connection, "datapusher\\_plus\\_%", but="datapusher_plus_alembic_version")
        get_action("get_site_user")({"ignore_auth": True}, {})

    # a run of the test before may still make its statistics and drafts: it can end in a deadlock with this, or
    # be the first to add CKAN's own user to the empty table
    retry_until(reset, 30, errors=(DBAPIError, psycopg.OperationalError))


@pytest.fixture
def clean_datastore(clean_db: None, clean_index: None) -> None:
    """Remove all resource tables from the DataStore, like a fixture that CKAN has only for its own tests."""
    from ckan.plugins.toolkit import config

    with psycopg.connect(config["ckan.datastore.write_url"], autocommit=True) as connection:
        for kind, name in connection.execute(DROPPABLE).fetchall():
            drop = sql.SQL("DROP {} IF EXISTS {} CASCADE")
            connection.execute(drop.format(sql.SQL(kind), sql.Identifier(name)))
        _truncate(connection, "\\_%", but="")


# Everything that tests have created, but not the permanent objects of CKAN's permission script and the plugin.
DROPPABLE = """
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
      AND relname NOT IN ('_table_metadata', '_table_stats', '_datapusher_plus_journal')
    UNION ALL
    SELECT 'FUNCTION', proname::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND pronargs = 0 AND proname <> 'populate_full_text_trigger'
"""


def _truncate(connection: psycopg.Connection, pattern: str, but: str) -> None:
    find = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE %s AND tablename <> %s"
    names = [sql.Identifier(row[0]) for row in connection.execute(find, [pattern, but]).fetchall()]
    if names:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))
