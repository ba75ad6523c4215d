"""An installation that is nobody's demo: users that are not root, folders with owners, plugins of others."""

from __future__ import annotations

import shlex
import signal
import subprocess

from tests.fix_worker import until
from tests.fix_worker_installed import OwnSite


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
