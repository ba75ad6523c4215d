"""What plugins of others meet in a worker: the request that CKAN's middleware prepares for them in a web server."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ckan import plugins
from ckan.common import g, request
from ckan.plugins import toolkit as tk

from ckanext.datapusher_plus.portal.resource import shown


class Raising(plugins.SingletonPlugin):
    """A plugin whose hook fails for whatever reason."""

    plugins.implements(plugins.IResourceController, inherit=True)

    def before_resource_show(self, resource_dict: dict[str, Any]) -> dict[str, Any]:
        raise LookupError("no such term")


@pytest.mark.ckan_config("ckan.locale_default", "de")
def test_a_hook_finds_what_ckan_sets_for_each_request(worker_site: Any, loaded: None) -> None:
    with worker_site.context():
        environ = request.environ
        assert (environ["CKAN_LANG"], environ["CKAN_LANG_IS_DEFAULT"], environ["CKAN_CURRENT_URL"]) == ("de", True, "/")
        assert (g.user, g.userobj, tk.h.lang()) == ("", None, "de")


@pytest.mark.with_plugins("multilingual_dataset", "multilingual_resource")
def test_core_s_multilingual_plugins_show_a_resource(worker_site: Any, dataset: dict[str, Any]) -> None:
    with worker_site.context():
        assert shown(_resource(dataset["id"]))[0]["url"] == "http://example.org/a.csv"


@pytest.mark.provide_plugin("raising", Raising)
@pytest.mark.with_plugins("raising")
def test_a_hook_that_raises_does_not_keep_a_worker_from_starting(
    worker_site: Any, dataset: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    from ckanext.datapusher_plus.worker import ready

    _resource(dataset["id"])
    with caplog.at_level(logging.WARNING):
        ready._rehearse()
    assert "A first look at a resource failed (LookupError: no such term). The worker continues" in caplog.text


def _resource(package_id: str) -> str:
    """Make a resource below CKAN's actions, which would call the hooks outside of any request, and return its id."""
    from ckan import model

    made = model.Resource(package_id=package_id, url="http://example.org/a.csv", format="CSV")
    model.Session.add(made)
    model.Session.commit()
    return made.id
