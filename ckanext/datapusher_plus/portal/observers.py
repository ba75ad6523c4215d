"""Other plugins that take part in loads."""

from __future__ import annotations

from collections.abc import Iterator

from ckan import plugins
from ckanext.datapusher.interfaces import IDataPusher as CoreIDataPusher

from ..interfaces import IDataPusher


def observers() -> Iterator[IDataPusher | CoreIDataPusher]:
    """Yield every plugin that implements our interface or that of CKAN's own datapusher, once each."""
    seen: set[int] = set()
    for interface in (IDataPusher, CoreIDataPusher):
        for plugin in plugins.PluginImplementations(interface):
            if id(plugin) not in seen:
                seen.add(id(plugin))
                yield plugin


def name_of(plugin: object) -> str:
    """Return a plugin's name in `ckan.plugins`, or its class's name."""
    return str(getattr(plugin, "name", type(plugin).__name__))


def vetoed_by(resource_id: str) -> str | None:
    """Return the name of the first plugin whose ``can_upload`` refuses the resource's load, None when all agree."""
    return next((name_of(plugin) for plugin in observers() if not plugin.can_upload(resource_id)), None)
