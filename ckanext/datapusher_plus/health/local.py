"""The legs that can be asked without Prefect."""

from __future__ import annotations

from functools import partial

from . import ckan_database, clock, datastore, disk, folders, loaders, portal, solr, web
from .legs import Leg

#: Those that a worker asks at its start.
BEFORE_WORK = (
    Leg(name="ckan_database", ask=ckan_database.reachable),
    Leg(name="loaders", ask=loaders.alone),
    Leg(name="migrations", ask=ckan_database.migrated, needs=("ckan_database",)),
    Leg(name="datastore", ask=datastore.reachable),
    Leg(name="datastore_write", ask=datastore.write_role, needs=("datastore",)),
    Leg(name="datastore_read", ask=datastore.read_role, needs=("datastore",)),
    Leg(name="journal", ask=datastore.journal, needs=("datastore",)),
    Leg(name="stash", ask=folders.stash),
    Leg(name="work_dir", ask=folders.work_dir),
    Leg(name="disk", ask=disk.room, needs=("datastore",)),
    Leg(name="uploads", ask=portal.uploads, needs=("ckan_database",)),
    Leg(name="solr", ask=solr.search_index),
    Leg(name="site_url", ask=portal.site_url),
    Leg(name="stash_web", ask=web.stash, needs=("site_url",)),
    Leg(name="clock", ask=partial(clock.skew, clock.DATABASES)),
)
