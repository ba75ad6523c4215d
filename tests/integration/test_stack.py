"""The servers that the other tests stand on."""

import json
import urllib.request

import pytest
from ckan import model
from ckan.lib.search import check_solr_schema_version
from ckan.tests import factories
from ckan.tests.helpers import call_action

from tests.servers import RunningStack


def test_the_portal_answers_beside_pytest(stack: RunningStack) -> None:
    request = urllib.request.Request(f"{stack.ckan_url}/api/3/action/user_show?id=admin")
    request.add_header("Authorization", stack.sysadmin_token)
    with urllib.request.urlopen(request) as reply:
        assert json.load(reply)["result"]["sysadmin"] is True


def test_solr_has_the_schema_of_this_ckan() -> None:
    assert check_solr_schema_version() is True


@pytest.mark.usefixtures("clean_db")
def test_a_clean_database_has_no_users() -> None:
    assert model.Session.query(model.User).filter(model.User.name != "test.datapusher-plus").count() == 0


@pytest.mark.usefixtures("with_plugins", "clean_datastore")
def test_the_datastore_inside_pytest_takes_a_table() -> None:
    resource = factories.Resource()
    fields = [{"id": "a", "type": "numeric"}]
    call_action("datastore_create", resource_id=resource["id"], fields=fields, records=[{"a": 1}], force=True)

    assert call_action("datastore_search", resource_id=resource["id"])["total"] == 1
