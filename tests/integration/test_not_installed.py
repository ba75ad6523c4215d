"""A plugin that is not fully installed says what to run: no traceback, no internal error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ckan.cli.cli import ckan
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import CKANCliRunner

from dev.process import ckan_command
from tests.fix_ckan import Act, Upload
from tests.fix_installing import Command
from tests.servers import RunningStack

UPGRADE = "Run: ckan db upgrade -p datapusher_plus"
INSTALL = "pip install -c constraints.txt '.[worker]'"
NOBODY = "6f7a1f0c-0000-4000-8000-000000000001"


@pytest.fixture
def csv(dataset: dict[str, Any], act: Act) -> dict[str, Any]:
    """A resource that can be loaded."""
    return act("resource_create", package_id=dataset["id"], url="https://example.org/a.csv", format="CSV")


# -- without the migrations -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["submit", "-y"], ["status"], ["status", NOBODY], ["status", "--json"], ["recover"], ["worker"]],
    ids=" ".join,
)
def test_a_command_names_the_migration(
    cli: CKANCliRunner, csv: dict[str, Any], unmigrated: None, words: list[str]
) -> None:
    done = cli.invoke(ckan, ["datapusher_plus", *words])
    assert (done.exit_code, done.stderr.splitlines()[-1].startswith("Error: ")) == (1, True), done.output
    assert UPGRADE in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", [["resubmit", "-y"], ["stash", "list"], ["deploy", "--help"]], ids=" ".join)
def test_a_command_that_needs_no_table_works_as_ever(cli: CKANCliRunner, unmigrated: None, words: list[str]) -> None:
    assert cli.invoke(ckan, ["datapusher_plus", *words]).exit_code == 0


ACTIONS: dict[str, dict[str, Any]] = {
    "datapusher_submit": {},
    "datapusher_status": {},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_names_the_migration(action: str, csv: dict[str, Any], act: Act, unmigrated: None) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        act(action, resource_id=csv["id"], **ACTIONS[action])
    said: Any = refused.value.error_dict["datapusher_plus"]
    assert UPGRADE in said[0]


@pytest.mark.parametrize("action", ["datapusher_submit", "datapusher_status"])
def test_the_api_answers_with_a_sentence(action: str, csv: dict[str, Any], app: Any, unmigrated: None) -> None:
    from ckan.tests import factories

    admin: Any = factories.SysadminWithToken()
    headers = {"Authorization": admin["token"]}
    reply = app.post(f"/api/3/action/{action}", json={"resource_id": csv["id"]}, headers=headers)
    assert (reply.status_code, UPGRADE in reply.json["error"]["datapusher_plus"][0]) == (409, True)


def test_an_upload_is_kept_and_the_log_names_the_migration(
    dataset: dict[str, Any], act: Act, upload: Upload, unmigrated: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert act("resource_create", package_id=dataset["id"], upload=upload())["id"]
    (line,) = [one for one in caplog.records if "could not be requested" in one.getMessage()]
    assert (line.levelno, UPGRADE in line.getMessage(), line.exc_info) == (logging.ERROR, True, None)


# -- without the packages of workers --------------------------------------------------------------


@pytest.mark.parametrize("words", [["worker"], ["deploy"], ["recover"]], ids=" ".join)
def test_a_command_names_the_package_that_is_missing(
    without_extras: Command, stack: RunningStack, words: list[str]
) -> None:
    done = without_extras(*ckan_command(stack.test_ini, "datapusher_plus", *words))
    assert (done.returncode, INSTALL in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr


@pytest.mark.parametrize("words", [["status"], ["stash", "list"], ["submit", "-y"], ["--help"]], ids=" ".join)
def test_a_command_for_web_machines_works_without_them(
    without_extras: Command, stack: RunningStack, clean_db: None, words: list[str]
) -> None:
    assert without_extras(*ckan_command(stack.test_ini, "datapusher_plus", *words)).returncode == 0


@pytest.mark.parametrize("alone", [True, False])
def test_check_asks_what_it_can_without_them(without_extras: Command, stack: RunningStack, alone: bool) -> None:
    by_ckan = ckan_command(stack.ckan_ini, "datapusher_plus", "check")
    start = ("-m", "ckanext.datapusher_plus.cli.check", "-c", stack.ckan_ini) if alone else by_ckan
    done = without_extras(*start, "--json")
    found = {each["leg"]: each for each in json.loads(done.stdout)["findings"]}
    asked = {
        found[check]["state"] for check in ("ckan_database", "migrations", "datastore_write", "work_dir", "requests")
    }
    assert (done.returncode, asked) == (0, {"ok"})
    assert (found["prefect"]["state"], INSTALL in found["prefect"]["advice"]) == ("warn", True)


# -- without the plugin datastore -----------------------------------------------------------------


@pytest.fixture
def lonely(stack: RunningStack, tmp_path: Path) -> str:
    """The ini of a site without the plugin datastore."""
    ini = tmp_path / "ckan.ini"
    ini.write_text(f"[app:main]\nuse = config:{stack.test_ini}\nckan.plugins = datapusher_plus\n")
    return str(ini)


LINE = "Add it to this line of ckan.ini: ckan.plugins = … datastore datapusher_plus"


@pytest.mark.parametrize("words", [["status"], ["check"], ["worker"], ["stash", "list"]], ids=" ".join)
def test_without_the_datastore_the_line_to_change_is_named(
    lonely: str, program: Callable[..., Any], words: list[str]
) -> None:
    done = program(*ckan_command(lonely, "datapusher_plus", *words))
    assert (done.returncode, LINE in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr


def test_check_alone_names_the_line_too(lonely: str, program: Callable[..., Any]) -> None:
    done = program("-m", "ckanext.datapusher_plus.cli.check", "-c", lonely, "--json")
    found = json.loads(done.stdout)["findings"][0]
    assert (done.returncode, found["leg"], LINE in found["sentence"]) == (1, "ckan", True), found
