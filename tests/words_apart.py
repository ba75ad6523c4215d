"""Claim columns of the queue in a process of its own."""

from __future__ import annotations

import sqlalchemy as sa

from ckanext.datapusher_plus.words import probes, queue
from ckanext.datapusher_plus.words.permissions import Scope


def take(url: str, number: int, most: int) -> list[int]:
    """Claim ``most`` columns as one user, each in a transaction, and return their ids."""
    engine = sa.create_engine(url)
    asked, taken = probes.Asked(user_id=f"user{number}", scope=Scope(everything=True)), list[int]()
    for _ in range(most):
        with engine.begin() as connection:
            best = probes.best(connection, asked, taken)
            if best and queue.claim(connection, best.column_id, asked.user_id):
                taken.append(best.column_id)
    engine.dispose()
    return taken
