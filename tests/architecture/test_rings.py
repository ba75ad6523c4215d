"""A room imports itself and rooms further in, never outwards or sideways (docs/architecture.md)."""

from __future__ import annotations

import pytest

from .source import PACKAGE, Module, modules

RINGS = {
    0: {"core", "settings", "checkpoint", "waits"},
    1: {
        "dictionary_stash",
        "engines",
        "formats",
        "fetch",
        "datastore",
        "portal",
        "model",
        "interfaces",
        "prefect_server",
    },
    2: {"runs", "statistics", "thumbnails", "words"},
    3: {"recovery"},
    4: {"steps"},
    5: {"health"},
    6: {"flow"},
    7: {"worker"},
    8: {"logic", "views", "cli", "helpers", "plugin"},
}
RING = {room: ring for ring, rooms in RINGS.items() for room in rooms}
MODULES = [module for module in modules() if module.name]


def inner_imports(module: Module) -> set[str]:
    """Return the rooms of this package that a module imports."""
    prefix = PACKAGE + "."
    return {name.removeprefix(prefix).split(".")[0] for name in module.imports() if name.startswith(prefix)}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_a_room_imports_only_itself_and_rooms_further_in(module: Module) -> None:
    ring = RING[module.room]
    # the outermost ring is CKAN's own set of entry points, which name one another
    outer = {room for room in inner_imports(module) - {module.room} if RING[room] >= ring and ring < max(RINGS)}
    # plug-in interfaces are declarations without behaviour; settings are read into values of the core
    assert outer - {"interfaces"} - ({"core"} if module.room == "settings" else set()) == set()


def importers(package: str, *, besides: set[str]) -> list[str]:
    """Return the modules outside ``besides`` that import ``package``."""
    return [
        module.name
        for module in MODULES
        if module.room not in besides and any(name.split(".")[0] == package for name in module.imports())
    ]


def test_only_rooms_that_work_with_prefect_import_it() -> None:
    assert importers("prefect", besides={"flow", "worker", "prefect_server", "health"}) == []


def test_one_check_asks_prefect_and_one_knows_its_folder() -> None:
    assert importers("prefect", besides=set(RING) - {"health"}) == ["health.prefect", "health.prefect_home"]


def test_only_the_datastore_room_and_the_dispatcher_speak_psycopg() -> None:
    assert importers("psycopg", besides={"datastore", "runs", "worker"}) == []


@pytest.mark.parametrize("stranger", ["ckan", "prefect", "sqlalchemy", "duckdb", "requests"])
def test_the_core_knows_no_outside(stranger: str) -> None:
    assert importers(stranger, besides=set(RING) - RINGS[0]) == []
