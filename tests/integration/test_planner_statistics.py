"""The planner's statistics of a loaded table: all of them for a usual one, a few for a very wide one."""

from __future__ import annotations

from tests.fix_tables import Table
from tests.fix_worker import until
from tests.loads import Loader

#: Bounds of the histogram of each column that has one.
BOUNDS = """
    SELECT attname::text, array_length(histogram_bounds::text::text[], 1) FROM pg_stats
    WHERE tablename = {table} AND histogram_bounds IS NOT NULL
"""


def _bounds(table: Table, loader: Loader, columns: int) -> dict[str, int]:
    head = ",".join(f"c{at}" for at in range(columns))
    rows = "".join(",".join(str(n * 7 + at) for at in range(columns)) + "\n" for n in range(300))
    loader.load(f"{head}\n{rows}".encode())
    return dict(table.run(BOUNDS.replace("{table}", f"'{table.resource_id}'")))


def test_a_usual_table_has_the_statistics_that_the_server_makes(table: Table, loader: Loader) -> None:
    assert set(_bounds(table, loader, 3).values()) == {101}


def test_a_very_wide_table_has_them_for_its_key_and_fewer_for_its_columns(table: Table, loader: Loader) -> None:
    found = _bounds(table, loader, 500)
    assert found.pop("_id") == 101
    assert (len(found), set(found.values())) == (500, {3})


def test_the_widest_table_has_them_for_its_key_only(table: Table, loader: Loader) -> None:
    assert _bounds(table, loader, 900) == {"_id": 101}
    # so autovacuum sees that the other columns have none yet
    seen = "SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = {name}"
    until(lambda: table.run(seen) == [(300,)], 30)
