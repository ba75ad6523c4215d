"""Fixtures: a site with pictures of resources, in a storage that browsers read without CKAN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.pictures import Pictures


@pytest.fixture
def pictured(
    loaded: None, app: Any, clean_db: None, clean_index: None, act: Callable[..., Any], tmp_path: Path
) -> Iterator[Pictures]:
    """A site without datasets that makes pictures of two sizes."""
    import file_keeper
    from ckan.lib import files

    from ckanext.datapusher_plus import settings
    from ckanext.datapusher_plus.core.thumbnail import sizes
    from tests.pictures import STATIC, Pictures

    # the application collects the site's storages when it starts
    assert app
    before, folder = settings.current(), tmp_path / "pictures"
    public = {"type": "ckan:fs:public", "path": str(folder), "initialize": True, "name": "pictures"}
    files.storages.register("pictures", file_keeper.make_storage("pictures", public))
    options: dict[str, Any] = {"thumbnail_sizes": sizes("small:240 medium:640"), "thumbnail_storage": "pictures"}

    def use(**changed: Any) -> None:
        settings.use(replace(settings.current(), **changed))

    use(**options, thumbnail_base_url=STATIC)
    yield Pictures(act=act, folder=folder, set=use)
    settings.use(before)
    files.storages.pop("pictures")
