"""The time that the plugin adds to an upload request: CKAN with and without the plugin, with Prefect up and down.

Two web servers run on the same databases, one without the plugin. Uploads alternate between them, so that other load on
the machine affects both equally. The plugin does not call Prefect in a web request. To prove that, the uploads are also
measured with Prefect's server stopped.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil
import requests

from dev.portal import Portal
from dev.stack import free_port

from . import report
from .stack import new_dataset, stack_file

PLUGIN = "datapusher_plus"


@contextmanager
def server(ini: Path, name: str, token: str, *, plugin: bool) -> Iterator[Portal]:
    """Run a CKAN web server from a copy of ``ini``, with or without the plugin."""
    text = ini.read_text(encoding="utf-8")
    if not plugin:
        text = re.sub(rf"^(ckan\.plugins\s*=.*?)\s*\b{PLUGIN}\b", r"\1", text, flags=re.MULTILINE)
    port = free_port(set())
    copy = ini.with_name(f"bench-{name}.ini")
    copy.write_text(text, encoding="utf-8")
    ckan = [str(Path(sys.executable).with_name("ckan")), "-c", str(copy)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*ckan, "run", "-H", "127.0.0.1", "-p", str(port), "--disable-reloader"], stdout=output, stderr=output
        )
        try:
            yield ready(Portal(f"http://127.0.0.1:{port}", token))
        finally:
            process.terminate()
            process.wait()
            copy.unlink()


def ready(portal: Portal, patience: float = 120) -> Portal:
    """Wait until the server answers, and return ``portal``.

    :param patience: seconds.
    """
    until = time.monotonic() + patience
    while True:
        try:
            requests.get(f"{portal.url}/api/3/action/status_show", timeout=30).raise_for_status()
        except requests.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return portal


@contextmanager
def stopped(port: int) -> Iterator[None]:
    """Stop the processes that listen on ``port`` with SIGSTOP.

    Connections are then accepted and never answered, which is the worst kind of outage.
    """
    listeners = [
        psutil.Process(c.pid) for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.pid
    ]
    for process in listeners:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in listeners:
            process.send_signal(signal.SIGCONT)


def seconds_of_upload(portal: Portal, package_id: str, file: Path) -> float:
    """Upload ``file`` as a new resource, and return the seconds of that request."""
    start = time.perf_counter()
    portal.upload("resource_create", file, package_id=package_id, name="small", format="CSV")
    return time.perf_counter() - start


def alternate(portals: dict[str, Portal], packages: dict[str, str], file: Path, rounds: int) -> dict[str, list[float]]:
    """Upload to each portal in turn, ``rounds`` times; return the seconds of each portal's uploads."""
    seconds: dict[str, list[float]] = {name: [] for name in portals}
    for _ in range(rounds):
        for name, portal in portals.items():
            seconds[name].append(seconds_of_upload(portal, packages[name], file))
    return seconds


def main(rounds: int) -> None:
    """Measure ``rounds`` uploads to each server, with Prefect up and down; print and save the results."""
    stack = stack_file()
    ini = Path(stack.get("ckan_ini") or os.environ["CKAN_INI"])
    prefect_port = int(stack["prefect_url"].split(":")[2].split("/")[0])
    token = stack["sysadmin_token"]
    with (
        tempfile.TemporaryDirectory() as folder,
        server(ini, "with", token, plugin=True) as with_plugin,
        server(ini, "without", token, plugin=False) as without,
    ):
        file = Path(folder) / "small.csv"
        file.write_text("code,name\nAA,American Airlines\nUA,United Air Lines\n", encoding="utf-8")
        portals = {"with": with_plugin, "without": without}
        added: dict[str, float] = {}
        rounds_of: dict[str, list[float]] = {}
        for prefect in ("up", "away"):
            packages = {name: new_dataset(portal) for name, portal in portals.items()}
            alternate(portals, packages, file, 3)
            if prefect == "up":
                found = alternate(portals, packages, file, rounds)
            else:
                with stopped(prefect_port):
                    found = alternate(portals, packages, file, rounds)
            added[prefect] = 1000 * (median(found["with"]) - median(found["without"]))
            rounds_of |= {f"upload_{name}_plugin_prefect_{prefect}": times for name, times in found.items()}
    for name, times in rounds_of.items():
        print(report.row(name, times))
    for prefect, milliseconds in added.items():
        print(f"added to an upload, Prefect {prefect}: {milliseconds:.1f} ms   (to reach: at most 20)")
    ratios = {f"hook_added_ms_prefect_{prefect}": milliseconds for prefect, milliseconds in added.items()}
    print(f"written to {report.save(ratios, rounds_of)}")
