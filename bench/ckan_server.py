"""A CKAN web server with a configuration of its own, on the stack's databases."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from dev.portal import Portal
from dev.process import ckan_command
from dev.stack import free_port

from .stack import stack_file

#: Seconds until the server must answer.
_PATIENCE = 120


@contextmanager
def running(name: str, change: Callable[[str], str]) -> Iterator[Portal]:
    """Run a web server whose ini file is the stack's after ``change``; the file is ``beside(name)`` meanwhile."""
    copy, port = beside(name), free_port(set())
    copy.write_text(change(_stack_ini().read_text(encoding="utf-8")), encoding="utf-8")
    with tempfile.TemporaryFile() as output:
        command = ckan_command(copy, "run", "-H", "127.0.0.1", "-p", str(port), "--disable-reloader")
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield _ready(Portal(f"http://127.0.0.1:{port}", stack_file()["sysadmin_token"]))
        finally:
            process.terminate()
            process.wait()
            copy.unlink()


def beside(name: str) -> Path:
    """Return the path of the ini file of the server with this name: CKAN looks for its other files beside it."""
    return _stack_ini().with_name(f"bench-{name}.ini")


def _stack_ini() -> Path:
    return Path(stack_file()["ckan_ini"])


def _ready(portal: Portal) -> Portal:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            requests.get(f"{portal.url}/api/3/action/status_show", timeout=30).raise_for_status()
        except requests.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return portal
