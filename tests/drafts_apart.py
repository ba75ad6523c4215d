"""Draft entries in a process of its own, with several others at once."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.synchronize import Barrier

import sqlalchemy as sa

from ckanext.datapusher_plus.core.drafts.model import Draft, Kind
from ckanext.datapusher_plus.words.annotations import get_or_create


def take_turns(url: str, barrier: Barrier, ids: Sequence[int]) -> None:
    """Draft a label for each of these columns, in one transaction each, together with other processes."""
    engine = sa.create_engine(url)
    barrier.wait()
    for column_id in ids:
        with engine.begin() as connection:
            draft = Draft(column="a", kind=Kind.LABEL, value="Same")
            get_or_create(connection, draft, column_id=column_id, resource_id="r", creator="site", run_id=None)
    engine.dispose()
