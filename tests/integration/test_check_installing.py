"""`ckan datapusher_plus check` on what goes wrong while a site is being installed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.process import ckan_command
from tests.fix_health import Ask, Having, Impostor
from tests.servers import RunningStack

pytestmark = pytest.mark.usefixtures("loaded")

CLOSED = "http://127.0.0.1:1"


# -- Solr -----------------------------------------------------------------------------------------


def test_a_search_index_that_answers_is_well(ask: Ask) -> None:
    found = ask("solr")
    assert (found.state.value, found.sentence.startswith("Solr answers; ")) == ("ok", True), found


@pytest.mark.parametrize(
    ("status", "said", "sentence"),
    [
        (401, "", "wants other credentials."),
        (400, "undefined field site_id", "does not have CKAN's schema."),
        (404, "<html>", "(status 404) is not an index of Solr."),
        (200, "<html>", "(status 200) is not an index of Solr."),
    ],
)
def test_another_search_index_is_named(
    ask: Ask, ckan_config: Any, impostor: Impostor, monkeypatch: Any, status: int, said: str, sentence: str
) -> None:
    # the query's end, which is all that the impostor looks at
    impostor.status = status
    impostor.said["wt=json"] = said
    monkeypatch.setitem(ckan_config, "solr_url", f"{impostor.url}/solr/ckan")
    found = ask("solr")
    assert (found.state.value, found.sentence.endswith(sentence), bool(found.advice)) == ("fail", True, True), found


def test_a_search_index_that_is_away_is_named(ask: Ask, ckan_config: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(ckan_config, "solr_url", f"{CLOSED}/solr/ckan")
    assert ask("solr").sentence == f"Solr does not answer at {CLOSED}/solr/ckan: Connection refused."


# -- Prefect --------------------------------------------------------------------------------------


def test_an_address_without_api_is_corrected(ask: Ask, having: Having, stack: RunningStack) -> None:
    for address in (stack.prefect_url, f"{stack.prefect_url}/"):
        having(prefect_api_url=address)
        found = ask("prefect")
        assert (found.state.value, f"Set prefect_api_url = {stack.prefect_url}/api" in found.advice) == ("fail", True)


def test_a_prefect_without_its_database_is_told(ask: Ask, having: Having, stack: RunningStack) -> None:
    having(prefect_api_url=f"{stack.prefect_url}/api")
    with psycopg.connect(stack.postgres_dsn, autocommit=True) as superuser:
        superuser.execute("ALTER DATABASE prefect ALLOW_CONNECTIONS false")
        try:
            superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'prefect'")
            found = ask("prefect")
        finally:
            superuser.execute("ALTER DATABASE prefect ALLOW_CONNECTIONS true")
    assert (found.state.value, found.sentence.endswith("answers, but its own database does not.")) == ("fail", True), (
        found
    )


def test_the_newest_mark_names_the_server(ask: Ask, having: Having, stack: RunningStack, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.health.workers import Marker

    having(prefect_api_url="", dictionary_stash_dir=tmp_path)
    for name, address in (
        ("a-dead", f"{CLOSED}/api"),
        ("b-alive", f"{stack.prefect_url}/api"),
        ("c-dead", f"{CLOSED}/api"),
    ):
        Marker(name, address).renew()
        time.sleep(0.05)
    assert ask("prefect").state.value == "ok"


def test_a_worker_that_has_ended_on_this_machine_keeps_no_other_folder(having: Having, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.health import workers

    having(dictionary_stash_dir=tmp_path)
    process = subprocess.Popen([sys.executable, "-c", ""])
    name = f"{socket.gethostname()}-{process.pid}"
    assert not workers.has_ended(name)
    process.wait()
    assert workers.has_ended(name)
    assert not workers.has_ended("elsewhere-1")
    assert not workers.has_ended(workers.name_here())


def test_a_folder_that_has_just_been_made_is_no_alarm(having: Having, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.health import workers

    having(dictionary_stash_dir=tmp_path)
    assert workers.shared(["elsewhere-1"]).state.value == "warn"
    os.utime(tmp_path, (0, 0))
    assert workers.shared(["elsewhere-1"]).state.value == "fail"


# -- folders and values ---------------------------------------------------------------------------


@pytest.mark.parametrize(("check", "option"), [("stash", "dictionary_stash_dir"), ("work_dir", "work_dir")])
def test_a_relative_path_is_refused(ask: Ask, having: Having, check: str, option: str) -> None:
    having(**{option: Path("var/dpp")})
    found = ask(check)
    assert (found.state.value, found.advice) == ("fail", f"Set {option} to a whole path, which begins with /.")


@pytest.mark.parametrize(("option", "value"), [("max_content_length", "-5"), ("formats", ""), ("worker_limit", "0")])
def test_a_value_that_makes_no_sense_is_refused_at_start(
    stack: RunningStack, program: Any, tmp_path: Path, option: str, value: str
) -> None:
    ini = tmp_path / "ckan.ini"
    ini.write_text(f"[app:main]\nuse = config:{stack.test_ini}\nckanext.datapusher_plus.{option} = {value}\n")
    done = program(*ckan_command(ini, "datapusher_plus", "check"))
    assert (done.returncode, f"ckanext.datapusher_plus.{option} " in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    alone = program("-m", "ckanext.datapusher_plus.cli.check", "-c", str(ini))
    assert (alone.returncode, f"ckanext.datapusher_plus.{option} " in alone.stdout) == (1, True), alone.stdout


# -- the server that a worker brings along --------------------------------------------------------


def test_the_workers_own_server_keeps_its_pages_in_its_home_and_sends_nothing_out(program: Any, tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = program("-c", SERVE, PREFECT_HOME=str(tmp_path), HTTPS_PROXY=proxy, PREFECT_API_URL="")
    assert done.stdout.split() == ["200", "text/html;"], done.stderr
    assert (tmp_path / "ui" / "v1" / "index.html").is_file()
    assert "ERROR" not in done.stderr
    with listener, pytest.raises(BlockingIOError):
        listener.accept()


SERVE = """
import time, requests
from ckanext.datapusher_plus.health import prefect_home
from ckanext.datapusher_plus.prefect_server import server
with server.EmbeddedServer(prefect_home.folder()) as own:
    # Prefect's services begin with the server
    time.sleep(5)
    page = requests.get(own.api_url.removesuffix("/api"), headers={"Accept": "text/html"}, timeout=20)
    print(page.status_code, page.headers["content-type"].split()[0])
"""
