"""`ckan datapusher_plus check` on servers that are away, others than they should be, or behind the times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import prefect as prefect_package
import pytest
import requests
from ckan.cli.cli import ckan
from ckan.tests.helpers import CKANCliRunner

from dev.process import ckan_command
from tests.fix_health import Ask, Having, Impostor
from tests.fix_worker import until
from tests.servers import RunningStack

pytestmark = pytest.mark.usefixtures("loaded")

#: Nobody listens there.
CLOSED = "http://127.0.0.1:1"
FLOW = "datapusher-plus"


@dataclass(frozen=True)
class Prefect:
    """The real server, with a work pool and a deployment of one test."""

    api: str
    name: str

    def post(self, path: str, **data: Any) -> Any:
        """Send an order and return the answer."""
        reply = requests.post(f"{self.api}/{path}", json=data, timeout=10)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def change(self, path: str, **data: Any) -> None:
        """Change something."""
        requests.patch(f"{self.api}/{path}", json=data, timeout=10).raise_for_status()

    def make(self, pool: str) -> str:
        """Make the deployment for a pool and return its id."""
        flow = self.post("flows/", name=FLOW)["id"]
        return self.post("deployments/", name=self.name, flow_id=flow, work_pool_name=pool)["id"]

    def beat(self, worker: str, seconds: float = 30) -> None:
        """Give a sign of life as a worker does that gives one every so many seconds."""
        self.post(f"work_pools/{self.name}/workers/heartbeat", name=worker, heartbeat_interval_seconds=seconds)


@pytest.fixture
def prefect(stack: RunningStack, having: Having, tmp_path: Path) -> Prefect:
    """Prefect as this site is set to use it: with an empty pool of the right type."""
    server = Prefect(f"{stack.prefect_url}/api", f"check-{uuid.uuid4()}")
    server.post("work_pools/", name=server.name, type="ckan", base_job_template={})
    having(
        prefect_api_url=server.api,
        prefect_work_pool=server.name,
        prefect_deployment_name=f"{FLOW}/{server.name}",
        dictionary_stash_dir=tmp_path,
    )
    return server


def told(found: Any) -> tuple[str, str]:
    """Return state and sentence of a finding."""
    return found.state.value, found.sentence


# -- Prefect ------------------------------------------------------------------------------------


def test_a_prefect_that_answers_is_well(ask: Ask, prefect: Prefect) -> None:
    assert told(ask("prefect"))[0] == "ok"


def test_a_prefect_that_is_away_fails_once(having: Having) -> None:
    from ckanext.datapusher_plus.health.checkup import checkup

    having(prefect_api_url=f"{CLOSED}/api")
    away, *behind = checkup(["prefect", "work_pool", "deployment", "workers", "stash_shared"])
    sentence = f"The Prefect server at {CLOSED}/api does not answer: [Errno 111] Connection refused."
    assert told(away) == ("fail", sentence)
    assert {told(each) for each in behind} == {("warn", "Not known while prefect fails.")}


def test_without_a_server_of_its_own_a_site_is_told_to_start_a_worker(
    ask: Ask, having: Having, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ckanext.datapusher_plus.prefect_server import server

    monkeypatch.setattr(server, "PORT", 1)
    having(prefect_api_url="")
    found = ask("prefect")
    assert (found.state.value, "ckan datapusher_plus worker" in found.advice) == ("fail", True)


@pytest.mark.parametrize(
    ("status", "version", "state", "sentence"),
    [
        (200, "2.20.1", "fail", "has version 2.20.1, which Prefect 3"),
        (200, "3.0.1", "warn", "has version 3.0.1, older than Prefect 3"),
        (200, "3.999.0", "ok", "has version 3.999.0, 3"),
        (200, "<html>", "warn", "does not say which Prefect it is."),
        (401, "", "fail", "wants other credentials."),
        (502, "", "fail", "answers with status 502."),
    ],
)
def test_another_prefect_than_it_should_be_is_told(
    ask: Ask, having: Having, impostor: Impostor, status: int, version: str, state: str, sentence: str
) -> None:
    impostor.status, impostor.said = status, {"/health": True, "/version": json.dumps(version)}
    having(prefect_api_url=f"{impostor.url}/api")
    found = ask("prefect")
    assert (found.state.value, sentence in found.sentence) == (state, True), found


@pytest.mark.parametrize(
    ("change", "state", "sentence"),
    [
        ({}, "ok", "of type ckan is open."),
        ({"is_paused": True}, "fail", "is paused, so no run begins."),
        ({"concurrency_limit": 0}, "fail", "its concurrency limit is 0."),
    ],
)
def test_a_pool_that_is_shut_is_told(
    ask: Ask, prefect: Prefect, change: dict[str, Any], state: str, sentence: str
) -> None:
    prefect.change(f"work_pools/{prefect.name}", **change)
    found = ask("work_pool")
    assert (found.state.value, found.sentence.endswith(sentence)) == (state, True), found


def test_another_pool_than_it_should_be_is_told(ask: Ask, prefect: Prefect, having: Having) -> None:
    having(prefect_work_pool_type="docker")
    assert told(ask("work_pool")) == ("fail", f"The work pool {prefect.name} has type ckan, not docker.")
    having(prefect_work_pool="nowhere")
    assert told(ask("work_pool")) == ("fail", "Prefect has no work pool nowhere.")


def test_a_deployment_that_is_missing_or_leads_elsewhere_is_told(ask: Ask, prefect: Prefect, having: Having) -> None:
    assert told(ask("deployment")) == ("fail", f"Prefect has no deployment {FLOW}/{prefect.name}.")
    made = prefect.make(prefect.name)
    assert told(ask("deployment"))[0] == "ok"
    prefect.change(f"deployments/{made}", paused=True)
    assert told(ask("deployment"))[0] == "warn"
    having(prefect_work_pool="another")
    found = ask("deployment")
    assert told(found) == (
        "fail",
        f"The deployment {FLOW}/{prefect.name} sends runs to work pool {prefect.name}, not to another.",
    )
    assert "ckan datapusher_plus deploy" in found.advice


def test_a_pool_without_a_living_worker_is_told(ask: Ask, prefect: Prefect, having: Having) -> None:
    assert told(ask("workers")) == ("fail", f"No worker is online in the work pool {prefect.name}.")
    prefect.beat("dead", seconds=1)
    # Prefect gives a worker three beats
    until(lambda: told(ask("workers"))[0] == "fail", 30)
    assert "; the last one was heard of " in ask("workers").sentence
    prefect.beat("alive")
    assert told(ask("workers")) == ("ok", "Online in the work pool: alive.")
    having(prefect_work_pool="nowhere")
    assert told(ask("workers"))[0] == "fail"


@pytest.mark.parametrize(("status", "state"), [(200, "warn"), (401, "ok")])
def test_a_prefect_that_other_machines_reach_without_a_login_is_told(
    ask: Ask, having: Having, status: int, state: str
) -> None:
    with Impostor("0.0.0.0").serving() as server:  # noqa: S104 (what is to be found)
        server.said = {"/health": True, "/version": json.dumps(prefect_package.__version__), "/ready": True}
        having(prefect_api_url=f"{server.url}/api")
        assert ask("prefect").state.value == "ok"
        server.status = status
        found = exposed_leg()
    assert (found.state.value, "PREFECT_SERVER_API_AUTH_STRING" in found.advice) == (state, state == "warn"), found


def exposed_leg() -> Any:
    """Ask the check itself: one who asks for a login from everybody fails the check before it."""
    from ckanext.datapusher_plus.health.prefect import asks_for_login

    return asks_for_login()


# -- one stash for all workers ------------------------------------------------------------------


def test_workers_that_see_other_folders_are_told(ask: Ask, prefect: Prefect, having: Having, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.health.workers import Marker

    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    having(dictionary_stash_dir=here)
    assert told(ask("stash_shared")) == ("warn", "Not known while no worker is online.")
    prefect.beat("one")
    prefect.beat("two")
    Marker("one", "").renew()
    having(dictionary_stash_dir=there)
    Marker("two", "").renew()
    having(dictionary_stash_dir=here)
    found = ask("stash_shared")
    sentence = f"Worker two keeps Data Dictionaries in another folder than {here} as seen from here."
    assert told(found) == ("fail", sentence)
    Marker("two", "").renew()
    assert told(ask("stash_shared")) == ("ok", f"2 workers (one, two) keep Data Dictionaries in {here}.")


def test_a_mark_that_nobody_renews_counts_for_nothing(ask: Ask, prefect: Prefect, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.health.workers import Marker

    prefect.beat("one")
    marker = Marker("one", "")
    marker.renew()
    assert told(ask("stash_shared")) == ("ok", f"Worker one keeps Data Dictionaries in {tmp_path}.")
    (mark,) = tmp_path.rglob("*.json")
    os.utime(mark, (0, 0))
    assert told(ask("stash_shared"))[0] == "fail"
    mark.rename(mark.with_name("killed.json"))
    marker.renew()
    assert [path.name for path in mark.parent.iterdir()] == ["one.json"]


def test_a_folder_that_is_not_made_yet_is_not_made_by_a_mark(ask: Ask, prefect: Prefect, having: Having) -> None:
    from ckanext.datapusher_plus import settings
    from ckanext.datapusher_plus.health.workers import Marker

    folder = settings.current().dictionary_stash_dir / "stash"
    having(dictionary_stash_dir=folder)
    prefect.beat("one")
    Marker("one", "").renew()
    assert told(ask("stash_shared")) == ("ok", f"{folder} is not made yet; the first load makes it.")
    assert not folder.exists()


def test_a_server_that_a_worker_brought_along_is_found_by_its_mark(ask: Ask, prefect: Prefect, having: Having) -> None:
    from ckanext.datapusher_plus.health.workers import Marker

    Marker("one", prefect.api).renew()
    having(prefect_api_url="")
    assert told(ask("prefect"))[0] == "ok"


# -- the site -----------------------------------------------------------------------------------

PAGES: dict[str, tuple[int, object, str, str]] = {
    "a login page": (200, "<html>Sign in</html>", "warn", "does not look like CKAN."),
    "no plugin": (
        200,
        {"result": {"extensions": ["datastore"], "ckan_version": "2.12.0"}},
        "fail",
        "without this plugin",
    ),
    "an error": (500, "", "fail", "answers with status 500."),
}


@pytest.mark.parametrize(("status", "said", "state", "sentence"), PAGES.values(), ids=PAGES)
def test_another_site_than_it_should_be_is_told(
    ask: Ask,
    ckan_config: Any,
    impostor: Impostor,
    status: int,
    said: object,
    state: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impostor.status, impostor.said = status, {"/status_show": said}
    monkeypatch.setitem(ckan_config, "ckan.site_url", impostor.url)
    found = ask("site_url")
    assert (found.state.value, sentence in found.sentence) == (state, True), found


def test_the_site_is_asked_under_its_own_address(
    ask: Ask, ckan_config: Any, stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "ckan.site_url", stack.ckan_url)
    assert told(ask("site_url"))[0] == "ok"
    monkeypatch.setitem(ckan_config, "ckan.site_url", CLOSED)
    assert told(ask("site_url")) == (
        "fail",
        f"The site does not answer at {CLOSED} from this machine: Connection refused.",
    )


# -- clocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "state"), [(0, "ok"), (10, "warn"), (-90, "fail"), (3600, "fail")])
def test_a_server_with_another_time_is_told(
    ask: Ask, having: Having, impostor: Impostor, ahead: float, state: str
) -> None:
    impostor.ahead = ahead
    having(prefect_api_url=f"{impostor.url}/api")
    found = ask("clock")
    assert found.state.value == state, found
    if ahead:
        way = "ahead of" if ahead > 0 else "behind"
        assert found.sentence.startswith("The clock of Prefect's server is ")
        assert found.sentence.endswith(f" s {way} this machine's.")


def test_clocks_that_cannot_be_asked_are_left_out() -> None:
    from ckanext.datapusher_plus.health.clock import skew

    def away() -> datetime:
        raise OSError("no")

    def late() -> datetime:
        return datetime.now(timezone.utc) - timedelta(seconds=8)

    assert told(skew({"a": away})) == ("warn", "No other clock could be asked.")
    assert told(skew({"a": away, "b": late})) == ("warn", "The clock of b is 8 s behind this machine's.")


# -- qsv ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "state", "sentence"),
    [
        (None, "ok", "qsv is not installed; nothing here needs it."),
        ("echo qsvdp 20.1.0-mimalloc", "ok", " is qsvdp 20.1.0; nothing here needs it."),
        ("exit 3", "warn", " does not run: "),
    ],
)
def test_qsv_is_told_when_it_is_there(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, state: str, sentence: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        (tmp_path / "qsvdp").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "qsvdp").chmod(0o755)
    found = ask("qsv")
    assert (found.state.value, sentence in found.sentence) == (state, True), found


# -- the command --------------------------------------------------------------------------------


ALONE = (sys.executable, "-m", "ckanext.datapusher_plus.cli.check")


def report(*words: str) -> tuple[int, dict[str, Any]]:
    """Run a command and return its exit status and its JSON."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_the_portal_of_the_stack_is_well(stack: RunningStack) -> None:
    status, found = report(*ckan_command(stack.ckan_ini, "datapusher_plus", "check", "--json"))
    # where the tests run may well be a temporary folder
    assert [each for each in found["findings"] if each["state"] != "ok" and each["leg"] != "stash"] == []
    assert (status, found["state"] in ("ok", "warn")) == (0, True)


def test_without_any_server_each_leg_says_so(stack: RunningStack, tmp_path: Path) -> None:
    ini, nowhere = tmp_path / "ckan.ini", "postgresql://nobody@127.0.0.1:1/nothing"
    away = {
        "sqlalchemy.url": nowhere,
        "ckan.datastore.write_url": nowhere,
        "ckan.datastore.read_url": nowhere,
        "ckan.site_url": CLOSED,
        "solr_url": f"{CLOSED}/solr",
        "ckan.redis.url": "redis://127.0.0.1:1",
        "ckanext.datapusher_plus.prefect_api_url": f"{CLOSED}/api",
    }
    options = "\n".join(f"{key} = {value}" for key, value in away.items())
    ini.write_text(f"[app:main]\nuse = config:{stack.test_ini}\n{options}\n")
    status, found = report(*ALONE, "-c", str(ini), "--json")
    states = {each["leg"]: each["state"] for each in found["findings"]}
    down = {"ckan", "ckan_database", "datastore", "solr", "site_url", "prefect"}
    assert (status, {check for check, state in states.items() if state == "fail"}) == (1, down)
    advice = {each["leg"]: each["advice"] for each in found["findings"]}
    assert all(advice[check] for check in down)
    assert all(
        each["sentence"].startswith(("Not known", "No other clock"))
        for each in found["findings"]
        if each["state"] == "warn" and each["leg"] != "stash"
    )


def test_ckan_starts_with_all_options_of_datapusher_plus(stack: RunningStack, tmp_path: Path) -> None:
    legacy = Path(__file__).with_name("datapusher_plus.ini").read_text()
    (tmp_path / "ckan.ini").write_text(f"[app:main]\nuse = config:{stack.test_ini}\n{legacy}")
    status, found = report(*ALONE, "-c", str(tmp_path / "ckan.ini"), "--json", "--only=ckan", "--only=legacy_options")
    states = {each["leg"]: each["state"] for each in found["findings"]}
    assert (status, states) == (0, {"ckan": "ok", "legacy_options": "warn"}), found
    sentence = found["findings"][1]["sentence"]
    keys = {line.partition(" = ")[0] for line in legacy.splitlines() if line.startswith("ckan")}
    ignored = {key for key in keys if f"{key} is ignored" in sentence}
    assert {"ckanext.datapusher_plus.api_token", "ckanext.datapusher_plus.enable_druf"} <= ignored
    assert "ckanext.datapusher_plus.formats" not in ignored
    assert "file_hash_algorithm = blake3 is read as sha256" in sentence


def test_a_configuration_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "ckan.ini").write_text("[app:main]\nuse = egg:ckan\nckan.plugins = nothing_of_the_kind\n")
    status, found = report(*ALONE, "-c", str(tmp_path / "ckan.ini"), "--json")
    assert (status, [each["leg"] for each in found["findings"]]) == (1, ["ckan"])


def test_one_leg_can_be_asked(cli: CKANCliRunner) -> None:
    done = cli.invoke(ckan, ["datapusher_plus", "check", "--only", "qsv", "--only", "migrations"])
    assert (done.exit_code, [line.split()[2] for line in done.stdout.splitlines()[:2]]) == (0, ["migrations", "qsv"])
    assert cli.invoke(ckan, ["datapusher_plus", "check", "--only", "nothing"]).exit_code == 2
