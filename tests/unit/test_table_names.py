"""Names of our tables stay inside PostgreSQL's 63 bytes and tell whose they are."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import table_names

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
RUN = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
TABLES = [make(RID, RUN) for make in (table_names.raw, table_names.beside, table_names.staged, table_names.parked)]


@pytest.mark.parametrize("table", TABLES)
def test_names_fit_start_with_an_underscore_and_name_their_resource(table: str) -> None:
    made = (table, table_names.primary_key(table), table_names.sequence(table), table_names.index(table, "x" * 63))
    assert all(name.startswith("_dpp_") and len(name.encode()) <= 63 for name in made)
    assert table_names.resource_of(table) == RID
    assert table.startswith(table_names.of_resource(RID))


def test_tables_of_a_resource_and_their_indexes_are_all_different() -> None:
    indexes = [table_names.index(table, name) for table in TABLES for name in ("one", "two")]
    assert len({*TABLES, *indexes}) == 12


@pytest.mark.parametrize("table", [RID, "_dpp_new_x", f"_dpp_new_{RID}", f"_dpp_all_{RID}_1b4e28ba", "_table_stats"])
def test_other_tables_are_nobodys(table: str) -> None:
    assert table_names.resource_of(table) is None
