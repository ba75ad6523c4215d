"""The fetch step: from CKAN's storage when CKAN holds the file, else from its address, by the site's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus import settings as site
from ckanext.datapusher_plus.core.errors import AddressRefused, FileTooLarge, NoFile, NotFetched, ResourceGone
from ckanext.datapusher_plus.steps.fetch import fetch
from tests.fix_ckan import CSV
from tests.fix_file import Said, ticket
from tests.fix_web import Web

Configure = Callable[..., None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """Change the site's settings for one test."""
    before = site.current()
    yield lambda **changed: site.use(replace(before, **changed))
    site.use(before)


def test_an_upload_is_read_from_ckans_storage(uploaded: dict[str, Any], tmp_path: Path, said: Said) -> None:
    wanted = replace(ticket(tmp_path, url=uploaded["url"]), resource_id=uploaded["id"], url_type="upload")
    got = fetch(wanted, said)
    assert (got.path.read_bytes(), got.size, got.filename) == (CSV, len(CSV), "people.csv")
    assert said.lines[-1] == f"Fetched people.csv: {len(CSV)} bytes."


def test_an_upload_over_the_limit_is_refused(
    uploaded: dict[str, Any], tmp_path: Path, said: Said, configure: Configure
) -> None:
    configure(max_content_length=len(CSV) - 1)
    wanted = replace(ticket(tmp_path), resource_id=uploaded["id"], url_type="upload")
    with pytest.raises(FileTooLarge):
        fetch(wanted, said)


def test_an_upload_of_a_resource_that_is_gone_is_told(dataset: dict[str, Any], tmp_path: Path, said: Said) -> None:
    with pytest.raises(ResourceGone):
        fetch(replace(ticket(tmp_path), url_type="upload"), said)


@pytest.mark.usefixtures("with_plugins")
def test_a_link_is_fetched_by_the_sites_rules(web: Web, tmp_path: Path, said: Said, configure: Configure) -> None:
    wanted = ticket(tmp_path, url=web.url("table.csv?key=secret"))
    with pytest.raises(AddressRefused):
        fetch(wanted, said)
    configure(allowed_internal_hosts=frozenset({web.host}), file_hash_algorithm="md5")
    assert len(fetch(wanted, said).hash) == 32
    assert not any("secret" in line for line in said.lines)


@pytest.mark.parametrize("url", ["", "  "])
def test_a_resource_without_a_link_is_called_so(url: str, dataset: dict[str, Any], tmp_path: Path, said: Said) -> None:
    with pytest.raises(NoFile, match="has no link and no uploaded file"):
        fetch(ticket(tmp_path, url=url), said)


@pytest.mark.usefixtures("with_plugins")
def test_of_the_site_itself_only_files_are_fetched(
    web: Web, tmp_path: Path, said: Said, ckan_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "ckan.site_url", f"http://{web.host}")
    for page in ("table.csv", "api/3/action/user_list", "de/api/3/action/user_list", "uploads/../api/3"):
        with pytest.raises(AddressRefused):
            fetch(ticket(tmp_path, url=web.url(page)), said)
    assert web.asked == []
    file = "dataset/a/resource/b/download/c.csv"
    for root in ("", "/{{LANG}}", "/portal/{{LANG}}"):
        monkeypatch.setitem(ckan_config, "ckan.root_path", root)
        below = root.replace("{{LANG}}", "de").strip("/")
        with pytest.raises(NotFetched):
            fetch(ticket(tmp_path, url=web.url(f"{below}/{file}".strip("/"))), said)
    assert [path for path, _ in web.asked] == [f"/{file}", f"/de/{file}", f"/portal/de/{file}"]
