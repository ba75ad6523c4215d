"""CKAN's web server."""

from hashlib import sha256
from pathlib import Path

import requests

from dev.process import CKAN, Command
from dev.server import Server
from dev.stack import MAIN, REPOSITORY


class Ckan(Server):
    """CKAN's development server with one thread per request, so that a long upload does not block other requests."""

    name = "ckan"
    title = "CKAN"

    def command(self) -> Command:
        ini = self.stack.ini(MAIN)
        argv = self.serve(CKAN, ini)
        return Command(argv=argv, mark=ini.read_text() + code_mark())

    def serve(self, program: str, ini: Path) -> tuple[str, ...]:
        """Return the command line of the server of a site."""
        options = ("--host", "127.0.0.1", "--port", str(self.port))
        return (program, "-c", str(ini), "run", *options, "--threaded", "--disable-reloader", "--disable-debugger")

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.address}/api/3/action/status_show", timeout=10).ok
        except requests.RequestException:
            return False

    @property
    def address(self) -> str:
        return self.stack.ckan_url


def code_mark() -> str:
    """Return a digest that changes with the plugin's code, so that a server with old code is restarted."""
    kinds = ("*.py", "*.yaml", "*.yml", "*.sql")
    files = sorted(path for kind in kinds for path in (REPOSITORY / "ckanext").rglob(kind))
    return sha256("".join(f"{path}{path.stat().st_mtime_ns}" for path in files).encode()).hexdigest()
