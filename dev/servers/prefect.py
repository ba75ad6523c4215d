"""Prefect's server, on the stack's PostgreSQL."""

import sys
from pathlib import Path

import requests

from dev.process import Command
from dev.server import Server
from dev.servers.postgres import Postgres

DATABASE = "prefect"
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_COLORS": "false",
}


class Prefect(Server):
    """PostgreSQL instead of the default SQLite, which answers 503 in bursts."""

    name = "prefect"
    title = "Prefect"
    patience = 240

    def command(self) -> Command:
        program = str(Path(sys.executable).parent / "prefect")
        argv = (program, "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        database = self.stack.dsn("prefect", DATABASE).replace("postgresql:", "postgresql+asyncpg:")
        env = {**client_env(self.stack.root, self.api), "PREFECT_SERVER_DATABASE_CONNECTION_URL": database}
        return Command(argv=argv, env=env)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.api}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def wipe(self) -> None:
        """Throw away all that it knows; it must be stopped."""
        postgres = Postgres(self.stack)
        postgres.drop_database(DATABASE)
        postgres.ensure_database(DATABASE, "prefect")

    @property
    def api(self) -> str:
        """What a Prefect client is told as PREFECT_API_URL."""
        return f"{self.stack.prefect_url}/api"

    @property
    def address(self) -> str:
        return self.stack.prefect_url


def client_env(root: Path, api: str) -> dict[str, str]:
    """The environment of every process that speaks with this server."""
    return {**QUIET, "PREFECT_HOME": str(root / "prefect"), "PREFECT_API_URL": api}
