"""`ckan datapusher_plus submit`, `resubmit` and `status`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ckan.cli.cli import ckan
from ckan.tests import factories
from ckan.tests.helpers import CKANCliRunner, call_action
from click.testing import Result

from ckanext.datapusher_plus import cli as commands
from ckanext.datapusher_plus.cli import requests
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from tests.tab import Tab

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

Run = Callable[..., Result]


@pytest.fixture
def dpp(cli: CKANCliRunner) -> Run:
    """Return a function that runs one of the group's commands."""
    return lambda *arguments, **options: cli.invoke(ckan, ["datapusher_plus", *arguments], **options)


@pytest.fixture
def resources() -> dict[str, str]:
    """Make a public and a private dataset whose resources nobody has asked for yet, and return the ids by name."""
    public = factories.Dataset(name="public")["id"]
    hidden = factories.Dataset(name="hidden", private=True, owner_org=factories.Organization()["id"])["id"]
    made: dict[str, str] = {
        "csv": factories.Resource(package_id=public, format="CSV")["id"],
        "pdf": factories.Resource(package_id=public, format="PDF")["id"],
        "managed": factories.Resource(package_id=public, format="CSV", url_type="datastore")["id"],
        "hidden": factories.Resource(package_id=hidden, format="TSV")["id"],
    }
    with database.transaction() as connection:
        connection.execute(sa.delete(run))
    return made


def queued(resources: dict[str, str]) -> set[str]:
    """Return the names of the resources that have a queued run."""
    with database.transaction() as connection:
        ids = set(connection.execute(sa.select(run.c.resource_id).where(run.c.state == "queued")).scalars())
    return {name for name, id_ in resources.items() if id_ in ids}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["submit", "-y"], {"csv", "hidden"}),
        (["submit", "public"], {"csv"}),
        (["submit", "hidden"], {"hidden"}),
        (["resubmit", "-y"], set()),
    ],
)
def test_what_is_submitted(dpp: Run, resources: dict[str, str], arguments: list[str], expected: set[str]) -> None:
    done = dpp(*arguments)
    assert done.exit_code == 0, done.output
    assert queued(resources) == expected
    assert done.output.count("... OK") == len(expected)
    assert f"{len(expected)} queued, 0 failed." in done.output


def test_submit_reads_page_after_page(dpp: Run, resources: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_PAGE", 1)
    dpp("submit", "-y")
    assert queued(resources) == {"csv", "hidden"}


def test_resubmit_takes_what_is_in_the_datastore_and_has_a_file(dpp: Run, resources: dict[str, str]) -> None:
    for name in ("pdf", "managed"):
        call_action("datastore_create", resource_id=resources[name], fields=[{"id": "a", "type": "text"}], force=True)
    dpp("resubmit", "-y")
    assert queued(resources) == {"pdf"}


@pytest.mark.parametrize("command", ["submit", "resubmit"])
@pytest.mark.parametrize(("answer", "status"), [("n\n", 1), ("y\n", 0)])
def test_everything_is_asked_for_only_after_a_yes(dpp: Run, command: str, answer: str, status: int) -> None:
    done = dpp(command, input=answer)
    assert done.exit_code == status
    assert ("queued" in done.output.splitlines()[-1]) is (status == 0)


@pytest.mark.parametrize(("flags", "ignored"), [([], False), (["--ignore-hash"], True)])
def test_unchanged_files_are_loaded_only_on_demand(
    dpp: Run, resources: dict[str, str], flags: list[str], ignored: bool
) -> None:
    dpp("submit", "public", *flags)
    with database.transaction() as connection:
        assert connection.execute(sa.select(run.c.ignore_hash)).scalars().all() == [ignored]


def test_a_request_that_waits_already_is_fine(dpp: Run, resources: dict[str, str]) -> None:
    dpp("submit", "public")
    done = dpp("submit", "public")
    assert done.exit_code == 0
    assert "OK: it waits already." in done.output


def test_a_resource_that_went_away_meanwhile_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert requests._submit("6f7a1f0c-0000-4000-8000-000000000001", "", ignore_hash=False) is False
    assert "Fail: it has no file" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["submit", "no-such-dataset"], ["status", "no-such-resource"]])
def test_unknown_names_are_told_without_a_traceback(dpp: Run, arguments: list[str]) -> None:
    done = dpp(*arguments)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.output


def test_status_of_all(dpp: Run, tab: Tab) -> None:
    tab.end(tab.start(), State.ERROR, "Line 2 is too short.")
    assert "error" in dpp("status").output
    [row] = json.loads(dpp("status", "--json").stdout)
    assert (row["resource_id"], row["state"], row["message"]) == (tab.resource["id"], "error", "Line 2 is too short.")


def test_status_of_one_with_its_log(dpp: Run, tab: Tab) -> None:
    tab.start().info("Reading the file.")
    shown: dict[str, Any] = json.loads(dpp("status", tab.resource["id"], "--json").stdout)
    assert shown["task_info"]["state"] == "running"
    assert "Reading the file." in dpp("status", tab.resource["id"]).output


def test_every_command_of_the_group_is_there(dpp: Run) -> None:
    help_text = dpp("--help").output
    assert [name for name in commands.COMMANDS if name not in help_text] == []


def test_what_a_command_asks_for_waits_for_people(dpp: Run, resources: dict[str, str]) -> None:
    dpp("submit", "-y")
    call_action("datapusher_submit", resource_id=resources["hidden"])
    factories.Resource(package_id=call_action("package_show", id="public")["id"], format="CSV")
    with database.transaction() as connection:
        found = connection.execute(sa.select(run.c.resource_id, run.c.bulk)).all()
    assert {row.resource_id for row in found if row.bulk} == {resources["csv"]}
    assert len(found) == 3
