"""Fixtures: tables with columns to describe, and users who may describe them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

Next = Callable[..., Any]


class Portal:
    """A portal with the plugin: makes tables and users, and calls actions as them."""

    def organization(self, **members: str) -> str:
        """Create an organization whose members are users by capacity (``editor=name``), and return its id."""
        from ckan.tests import factories

        users = [{"name": name, "capacity": capacity} for capacity, name in members.items()]
        return factories.Organization(users=users)["id"]

    def table(self, owner_org: str | None = None, fields: Any = ("a", "b"), **dataset: Any) -> dict[str, Any]:
        """Create a dataset with one resource and its table; return their ids, and the columns' ids by name."""
        from ckan.tests import factories

        package = factories.Dataset(owner_org=owner_org, **dataset)
        resource = factories.Resource(package_id=package["id"], format="none", url="http://example.org/t")
        self.edit(resource["id"], fields)
        return {"package": package["id"], "resource": resource["id"], "columns": self.columns(resource["id"])}

    def edit(self, resource_id: str, fields: Any) -> None:
        """Create or edit a table; a field is a name, or a pair of a name and its entries of the Data Dictionary."""
        pairs = [(field, {}) if isinstance(field, str) else field for field in fields]
        given = [{"id": name, "type": "text", "info": info} for name, info in pairs]
        self.act("", "datastore_create", resource_id=resource_id, fields=given, force=True)

    def columns(self, resource_id: str) -> dict[str, int]:
        """Return the ids of a table's columns by name."""
        from ckanext.datapusher_plus.words import registry

        return {column.name: column.id for column in registry.columns(resource_id)}

    def act(self, user: str, action: str, **data: Any) -> Any:
        """Call an action as a user, or without authorization as nobody."""
        from ckan.plugins import toolkit as tk

        context: Any = {"user": user, "ignore_auth": False} if user else {"user": "", "ignore_auth": True}
        return tk.get_action(action)(context, data)

    def next(self, user: str, **data: Any) -> int | None:
        """Return the id of the column that a user is given next."""
        found = self.act(user, "datapusher_plus_words_next", **data)["next"]
        return found and found["column"]["id"]

    def queue(self) -> dict[int, tuple[Any, ...]]:
        """Return the queue's rows without claims, by column."""
        return {row[0]: tuple(row[1:7]) for row in self.sql("SELECT * FROM datapusher_plus_queue")}

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Execute SQL in CKAN's database."""
        from ckanext.datapusher_plus.model.database import transaction

        with transaction() as connection:
            done = connection.execute(sa.text(statement), values)
            return list(done) if done.returns_rows else []

    def draft(self, column_id: int, value: str, votes: int = 0) -> None:
        """Add an open draft of a label with votes, as its writer does: in one transaction with the queue."""
        from ckanext.datapusher_plus.model.database import transaction
        from ckanext.datapusher_plus.words import queue

        with transaction() as connection:
            made = connection.execute(sa.text(DRAFT), {"column": column_id, "value": value}).scalar_one()
            for number in range(votes):
                connection.execute(sa.text(VOTE), {"draft": made, "user": f"user{number}"})
            queue.recount(connection, [column_id])


DRAFT = """
INSERT INTO datapusher_plus_annotation (resource_id, column_id, kind, form, value, creator)
SELECT resource_id, id, 'label', 'value', to_jsonb(CAST(:value AS text)), 'somebody'
FROM datapusher_plus_column WHERE id = :column RETURNING id
"""
VOTE = "INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote) VALUES (:draft, :user, 1)"


@pytest.fixture
def words(loaded: None, clean_datastore: None) -> Portal:
    """An empty portal."""
    return Portal()


@pytest.fixture
def editor() -> str:
    """Name of a user."""
    from ckan.tests import factories

    return factories.User()["name"]
