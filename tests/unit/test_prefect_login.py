"""The login of a worker's own Prefect server, and who sees that a server has none."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.datapusher_plus.prefect_server import exposure, isolated, login
from ckanext.datapusher_plus.prefect_server.exposure import _own_addresses
from tests.fix_health import Impostor

MAKE = """
import sys
from pathlib import Path
from ckanext.datapusher_plus.prefect_server import login
print(login.make(Path(sys.argv[1])))
"""
#: Not of CKAN's, nor anybody's who could change what the program does.
KEPT_BACK = ("CKAN_SQLALCHEMY_URL", "PGPASSWORD", "PYTHONSTARTUP", "PYTHONPATH", "LD_PRELOAD", "AWS_SECRET_ACCESS_KEY")
EVERYWHERE = "0.0.0.0"  # noqa: S104 (what is to be found)


def test_workers_that_begin_at_once_make_one_login_that_only_their_user_reads(tmp_path: Path) -> None:
    home = tmp_path / "prefect"
    command = [sys.executable, "-c", MAKE, str(home)]
    begun = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {process.communicate(timeout=120)[0].strip() for process in begun}
    (made,) = said
    assert (made.startswith("admin:"), len(made) > 40, login.kept(home), login.make(home)) == (True, True, made, made)
    assert stat.S_IMODE((home / login.FILE).stat().st_mode) == 0o600


def linked(path: Path) -> None:
    path.with_name("elsewhere").touch(mode=0o600)
    path.symlink_to(path.with_name("elsewhere"))


def readable(path: Path) -> None:
    path.write_text("admin:x\n")
    path.chmod(0o644)


def binary(path: Path) -> None:
    path.touch(mode=0o600)
    path.write_bytes(b"admin:\x1b[31m\n")


@pytest.mark.parametrize("spoil", [linked, readable, binary, os.mkfifo, Path.mkdir])
def test_a_login_that_others_may_know_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / login.FILE)
    with pytest.raises(login.NoLogin, match=str(tmp_path)):
        login.make(tmp_path)


def test_nobody_makes_a_login_who_only_asks(tmp_path: Path) -> None:
    assert (login.kept(tmp_path), list(tmp_path.iterdir())) == ("", [])


def test_the_server_gets_nothing_of_ckan_s(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEPT_BACK:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PREFECT_SERVER_LOGGING_LEVEL", "INFO")
    found = isolated.environment()
    assert {name for name, value in found.items() if value == "x"} == set()
    assert {"PATH", "PREFECT_SERVER_LOGGING_LEVEL"} <= set(found)
    command = [sys.executable, *isolated.flags(), "-c", "import prefect, sys; print(sys.flags.isolated)"]
    assert subprocess.run(command, env=found, capture_output=True, text=True, check=True).stdout.strip() == "1"


@pytest.mark.parametrize(("status", "open_"), [(200, True), (401, False)])
def test_a_server_that_more_than_this_machine_reaches_without_a_login_is_found(status: int, open_: bool) -> None:
    with Impostor(EVERYWHERE).serving() as impostor:
        impostor.status = status
        impostor.said["/admin/version"] = '"3.8.8"'
        url = f"http://127.0.0.1:{impostor.server_port}/api"
        found = exposure.openly(url)
    assert bool(found) is open_
    assert found is None or "127.0.0.1" not in found


def test_a_server_on_loopback_alone_is_not_exposed() -> None:
    assert _own_addresses()
    with Impostor().serving() as impostor:
        impostor.said = {"/admin/version": '"3.8.8"'}
        assert login.admits(f"{impostor.url}/api", "")
        assert exposure.openly(f"{impostor.url}/api") is None


def test_a_login_page_of_a_proxy_is_no_open_server() -> None:
    with Impostor(EVERYWHERE).serving() as impostor:
        impostor.said = {"/admin/version": "<html>Sign in</html>"}
        assert exposure.openly(f"http://{_own_addresses()[0]}:{impostor.server_port}/api") is None
