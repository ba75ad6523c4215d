"""A file of six rows: from the upload to `complete`, and an unchanged file: from the request to `skipped`."""

from __future__ import annotations

import time

from . import ours
from .files import SMALL
from .runs import Runs
from .stack import Ground
from .subject import Subject


def uploaded(ground: Ground) -> float:
    """Upload six rows as a new resource; return the seconds from that request's beginning to ``complete``."""
    file = SMALL.path(ground.files)
    with Runs(ground.ckan_dsn) as runs:
        start = time.perf_counter()
        made = ground.portal.upload("resource_create", file, package_id=ground.dataset, name="six", format="CSV")
        runs.ended(made["id"], None)
        took = time.perf_counter() - start
    ground.portal.act("resource_delete", id=made["id"])
    return took


def unchanged(ground: Ground, subject: Subject) -> float:
    """Ask for a file that is loaded already; return the seconds until that is known."""
    return ours.timed(ground, subject, ignore_hash=False, want="skipped")[0]
