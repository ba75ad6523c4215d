"""Seconds of a file of six rows from upload to `complete`, and of an unchanged file from request to `skipped`."""

from __future__ import annotations

import time

from . import ours
from .files import SMALL
from .runs import Runs
from .stack import Ground
from .subject import Subject


def uploaded(ground: Ground) -> float:
    """Upload six rows as a new resource; return the seconds from the start of that request to ``complete``."""
    file = SMALL.path(ground.files)
    with Runs(ground.ckan_dsn) as runs:
        start = time.perf_counter()
        made = ground.portal.upload("resource_create", file, package_id=ground.dataset, name="six", format="CSV")
        runs.ended(made["id"], None)
        took = time.perf_counter() - start
    ground.portal.act("resource_delete", id=made["id"])
    return took


def unchanged(ground: Ground, subject: Subject) -> float:
    """Request the load of a file that is loaded already; return the seconds until the run is ``skipped``."""
    return ours.timed(ground, subject, ignore_hash=False, want="skipped")[0]
