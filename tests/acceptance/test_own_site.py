"""An installation that is nobody's demo: users that are not root, folders with owners, plugins of others."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
import requests

from tests.fix_worker import until
from tests.fix_worker_installed import PLUGINS, WEB, WORKER, OwnSite
from tests.pooler import Pooler

LOGIN = "datapusher_plus-server.login"


@pytest.fixture
def pooler(installed: OwnSite) -> Iterator[Pooler]:
    """The site's datastore behind PgBouncer, which is not started yet."""
    between = Pooler(installed.root, installed.datastore, uid=WORKER)
    installed.configure(ckan__datastore__write_url=between.dsn)
    yield between
    between.stop()


def test_core_s_multilingual_plugins_are_served(installed: OwnSite) -> None:
    web = installed.web()
    resource = installed.loads("multilingual")
    worker = installed.ready_worker()
    until(lambda: installed.state(resource) == "complete", 90, lambda: (worker.output(), web.output()))
    assert "A first look at a resource failed" not in worker.output()
    assert "1 queued, 0 failed" in installed.run("submit", "-y", "--ignore-hash", "multilingual").stdout


def test_the_worker_names_the_folder_that_root_has_made_and_what_to_do(installed: OwnSite) -> None:
    shut = installed.root / "var" / "roots"
    shut.mkdir(mode=0o555)
    done = installed.run("worker", home=shut / "prefect")
    sentence = done.stderr.strip().splitlines()[-1]
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert sentence.startswith(f"Error: The folder {shut / 'prefect'} is missing, and user ")
    assert installed.check("prefect_home", home=shut / "prefect")["state"] == "fail"
    command = sentence.partition("Run as root: ")[2].partition(" (")[0]
    shut.chmod(0o755)
    subprocess.run(shlex.split(command), check=True)
    assert installed.check("prefect_home", home=shut / "prefect")["state"] == "ok"


def test_workers_of_one_folder_share_one_prefect_server(installed: OwnSite) -> None:
    first = installed.ready_worker()
    second = installed.ready_worker()
    (server,) = installed.servers()
    assert first.stop() == 0
    assert installed.servers() == [server]
    second.stop(signal.SIGKILL)
    third = installed.ready_worker()
    assert installed.servers() == [server]
    assert ", runs already." in third.output()
    assert third.stop() == 0
    assert installed.servers() == []


def test_the_workers_own_prefect_lets_in_who_may_read_its_login(installed: OwnSite) -> None:
    worker = installed.ready_worker()
    api = re.search(r"Prefect server: (\S+) ", worker.output())
    assert api
    assert requests.get(f"{api[1]}/admin/version", timeout=10).status_code == 401
    assert f"Its pages ask for the line in {installed.home / LOGIN}." in worker.output()
    # also for who does not have the worker's environment
    elsewhere = installed.root / "var" / "other"
    for check in ("prefect", "prefect_login", "work_pool", "deployment", "workers"):
        assert (found := installed.check(check, home=elsewhere))["state"] == "ok", found


def test_a_login_that_others_could_read_is_not_used(installed: OwnSite) -> None:
    (installed.home / LOGIN).touch(mode=0o644)
    if os.geteuid() == 0:
        os.chown(installed.home / LOGIN, WORKER, WORKER)
    done = installed.run("worker")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith(f"Error: Other users could read {installed.home / LOGIN}")


def test_a_web_server_of_another_user_is_told(installed: OwnSite) -> None:
    web = installed.web(uid=WEB if os.geteuid() == 0 else WORKER)
    if os.geteuid() != 0:
        installed.stash.chmod(0o500)
    found = installed.check("stash_web")
    assert (found["state"], "In the web server: User " in found["sentence"]) == ("fail", True), (found, web.output())
    assert found["advice"].startswith("Run workers, web processes and commands as one user: set User=")
    assert requests.get(f"{installed.url}/datapusher_plus/stash", timeout=10).status_code == 404


def test_nothing_is_taken_while_a_pooler_lends_sessions(installed: OwnSite, pooler: Pooler) -> None:
    pooler.start("transaction")
    installed.web()
    worker = installed.ready_worker()
    resource = installed.loads("pooled")
    worker.says("No load begins, and requests wait. A connection pooler lends one session")
    time.sleep(3)
    assert installed.state(resource) == "queued"
    pooler.stop()
    pooler.start("session")
    until(lambda: installed.state(resource) == "complete", 90, worker.output)
    assert worker.output().count("No load begins") == 1


def test_another_loader_is_told(installed: OwnSite) -> None:
    installed.configure(ckan__plugins=f"{PLUGINS} xloader")
    installed.plugin("xloader")
    assert "Another loader is enabled beside this plugin: xloader." in installed.web().output()
    assert (found := installed.check("loaders"))["state"] == "fail", found
    installed.worker().says("FAIL loaders: Another loader is enabled beside this plugin: xloader.")


def test_ckan_s_own_datapusher_is_refused_in_one_sentence(installed: OwnSite) -> None:
    options = {"ckan__datapusher__url": "http://127.0.0.1:1", "ckan__datapusher__api_token": "any"}
    installed.configure(ckan__plugins=f"{PLUGINS} datapusher", **options)
    said = installed.run("check").stderr
    assert "The plugins datapusher and datapusher_plus are both enabled; only one loader" in said
    assert "Traceback" not in said
