"""The plugin's worker, which executes the runs."""

from datetime import datetime, timezone

import requests

from dev.process import Command, ckan_command
from dev.server import Server
from dev.servers.ckan import code_mark
from dev.servers.prefect import client_env
from dev.stack import MAIN

POOL = "datapusher-plus"


class Worker(Server):
    """The worker; at SIGTERM it gets ``grace`` seconds to finish its running loads."""

    name = "worker"
    title = "Worker"
    grace = 60
    listens = False

    def command(self) -> Command:
        ini = self.stack.ini(MAIN)
        argv = ckan_command(ini, "datapusher_plus", "worker")
        env = client_env(self.stack.root, f"{self.stack.prefect_url}/api")
        return Command(argv=argv, env=env, mark=ini.read_text() + code_mark())

    def answers(self) -> bool:
        process = self.pidfile.process()
        if process is None:
            return False
        started = datetime.fromtimestamp(process.create_time(), timezone.utc).isoformat()
        alive = {"workers": {"last_heartbeat_time": {"after_": started}}}
        url = f"{self.stack.prefect_url}/api/work_pools/{POOL}/workers/filter"
        try:
            reply = requests.post(url, json=alive, timeout=5)
        except requests.RequestException:
            return False
        return reply.ok and bool(reply.json())

    @property
    def address(self) -> str:
        return f"work pool {POOL}"
