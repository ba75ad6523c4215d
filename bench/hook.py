"""The time that the plugin adds to an upload request: CKAN with and without the plugin, with Prefect up and down.

Two web servers run on the same databases, one without the plugin. Uploads alternate between them, so that other load on
the machine affects both equally. The plugin does not call Prefect in a web request. To prove that, the uploads are also
measured with Prefect's server stopped.
"""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from dev.portal import Portal

from . import ckan_server, report
from .stack import new_dataset, stack_file

PLUGIN = "datapusher_plus"


def without_plugin(ini: str) -> str:
    """Return the text of an ini file without the plugin."""
    return re.sub(rf"^(ckan\.plugins\s*=.*?)\s*\b{PLUGIN}\b", r"\1", ini, flags=re.MULTILINE)


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
    prefect_port = int(stack_file()["prefect_url"].split(":")[2].split("/")[0])
    with (
        tempfile.TemporaryDirectory() as folder,
        ckan_server.running("with", str) as with_plugin,
        ckan_server.running("without", without_plugin) as without,
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
