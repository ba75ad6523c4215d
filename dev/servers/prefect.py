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
    """Prefect's server with PostgreSQL; with the default SQLite it answers bursts of requests with 503."""

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
        """Replace Prefect's database by an empty one; the server must be stopped."""
        postgres = Postgres(self.stack)
        postgres.drop_database(DATABASE)
        postgres.ensure_database(DATABASE, "prefect")

    @property
    def api(self) -> str:
        """Value of PREFECT_API_URL for clients."""
        return f"{self.stack.prefect_url}/api"

    @property
    def address(self) -> str:
        return self.stack.prefect_url


def client_env(root: Path, api: str) -> dict[str, str]:
    """Return the environment variables of every process that uses this server."""
    return {**QUIET, "PREFECT_HOME": str(root / "prefect"), "PREFECT_API_URL": api}
