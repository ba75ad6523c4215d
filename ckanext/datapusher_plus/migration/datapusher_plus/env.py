"""Runs the plugin's migrations on CKAN's database; only tables named ``datapusher_plus_…`` are ours."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool

from ckanext.datapusher_plus import model

NAME = "datapusher_plus"


def ours(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Tell autogenerate and `check` which tables to compare."""
    return kind != "table" or (name or "").startswith(f"{NAME}_")


def run() -> None:
    """Run the migrations, or print their SQL in alembic's offline mode."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    options: dict[str, Any] = {
        "target_metadata": model.run.metadata,
        # DataPusher+ 2 and 3 kept their revision in this table too
        "version_table": f"{NAME}_alembic_version",
        "include_object": ours,
        # a migration may end its transaction, and must not end those of others with it
        "transaction_per_migration": True,
    }
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
