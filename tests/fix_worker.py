"""A real worker process for CKAN inside pytest, which tests stop, kill, and order to fail."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from ckanext.datapusher_plus.core.states import OPEN, State
from dev.process import ckan_command
from tests.fix_ckan import Act
from tests.fix_gate import Gates
from tests.orders import Orders
from tests.servers import RunningStack

READY = "runs at once from work pool"
#: Without retries, so that tests see how a load ends; tests of retries set `run_retries`.
OPTIONS = {"sweep_interval": "1", "worker_grace": "5", "run_retries": "0"}


class WorkerUnderTest:
    """`ckan datapusher_plus worker`, whose faults at checkpoints are ordered in a file that tests write."""

    def __init__(self, stack: RunningStack, gates: Gates, folder: Path) -> None:
        self._stack = stack
        self._gates = gates
        self._folder = folder
        self.orders = Orders(folder / "faults.json")
        self._output = folder / "worker.log"
        self._options: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **options: str) -> None:
        """Take back all orders, and start a worker with these options of the plugin.

        A worker that already runs with the same options is kept; another one is stopped.
        """
        self.order()
        if self.alive() and options == self._options:
            return
        self.stop()
        self._options = options
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(self._command(), env=self._env(), stdout=output, stderr=subprocess.STDOUT)
        until(lambda: READY in self.output() or not self.alive(), 120, self.output)
        assert self.alive(), self.output()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send the worker a signal, wait for its end, and return its exit status."""
        if self._process is None:
            return 0
        if self.alive():
            self.thaw()
            self._process.send_signal(sign)
        status = self._process.wait(60)
        self._process = None
        return status

    def signal(self, sign: signal.Signals) -> None:
        """Send the worker a signal without waiting."""
        assert self._process is not None
        self._process.send_signal(sign)

    def kill(self, *, alone: bool = False) -> None:
        """Kill the worker and, unless ``alone``, all its child processes, like the loss of the machine."""
        assert self._process is not None
        root = psutil.Process(self._process.pid)
        for process in [root, *([] if alone else root.children(recursive=True))]:
            process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Suspend the worker and all its child processes, like the suspension of the machine."""
        assert self._process is not None
        for process in [root := psutil.Process(self._process.pid), *root.children(recursive=True)]:
            process.suspend()

    def thaw(self) -> None:
        """Resume the worker and all its child processes."""
        assert self._process is not None
        for process in [root := psutil.Process(self._process.pid), *root.children(recursive=True)]:
            process.resume()

    def run(self) -> psutil.Process:
        """Return the newest process that executes a run."""
        assert self._process is not None
        server = psutil.Process(self._process.pid).children()
        runs = [run for child in server for run in child.children()]
        return max(runs, key=lambda run: run.create_time())

    def order(self, **faults: str) -> None:
        """Order faults at checkpoints, in whose names `__` replaces the dot; without any, take back all orders."""
        self.orders.give({point.replace("__", "."): fault for point, fault in faults.items()})

    @property
    def name(self) -> str:
        """Return the worker's name in its work pool."""
        assert self._process is not None
        return f"{socket.gethostname()}-{self._process.pid}"

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def output(self) -> str:
        """Return the text that the worker has printed."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def _command(self) -> tuple[str, ...]:
        ini = self._folder / "worker.ini"
        options = {f"ckanext.datapusher_plus.{key}": value for key, value in {**OPTIONS, **self._options}.items()}
        lines = "".join(f"{key} = {value}\n" for key, value in {**self._gates.options(), **options}.items())
        ini.write_text(f"[app:main]\nuse = config:{self._stack.test_ini}\n{lines}")
        return ckan_command(ini, "datapusher_plus", "worker")

    def _env(self) -> dict[str, str]:
        mine = {
            **self.orders.environment(),
            "PREFECT_HOME": str(self._folder / "prefect"),
            "DO_NOT_TRACK": "1",
        }
        return {**os.environ, **mine}


WORKER = pytest.StashKey[WorkerUnderTest]()


def until(true: Callable[[], bool], patience: float, told: Callable[[], object] = lambda: "") -> None:
    """Wait until ``true`` returns true; after ``patience`` seconds fail with the result of ``told``."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not within {patience} s: {told()}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def worker_process(
    stack: RunningStack, all_gates: Gates, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[WorkerUnderTest]:
    """One worker per session, started by the first test that needs it."""
    process = WorkerUnderTest(stack, all_gates, tmp_path_factory.mktemp("worker"))
    pytestconfig.stash[WORKER] = process
    yield process
    process.stop(signal.SIGKILL)


@pytest.fixture(autouse=True)
def no_worker_besides(request: pytest.FixtureRequest) -> None:
    """Stop the worker before a test that does not use it.

    Its sweep takes loads and runs of tests, which hold no lock, for those of dead processes.
    """
    process = request.config.stash.get(WORKER, None)
    if process is not None and process.alive() and "worker_process" not in request.fixturenames:
        process.stop()


@pytest.fixture
def worker(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A running worker without ordered faults."""
    worker_process.start()
    return worker_process


Command = Callable[..., str]


@pytest.fixture
def command(stack: RunningStack) -> Command:
    """Return a function that runs `ckan datapusher_plus …` and returns its output."""

    def run(*words: str) -> str:
        asked = ckan_command(stack.test_ini, "datapusher_plus", *words)
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    return run


Ended = Callable[..., dict[str, Any]]


@pytest.fixture
def ended(act: Act, worker_process: WorkerUnderTest) -> Ended:
    """Return a function that waits for a resource's newest run, and returns `datapusher_status`.

    It waits until the run is in one of the given states; without states until it has ended.
    """
    over = tuple(state.value for state in set(State) - OPEN)

    def wait(resource: dict[str, Any], *states: str, patience: float = 30) -> dict[str, Any]:
        def status() -> dict[str, Any]:
            return act("datapusher_status", resource_id=resource["id"])

        until(
            lambda: status()["task_info"]["state"] in (states or over),
            patience,
            lambda: (status(), worker_process.output()),
        )
        return status()

    return wait


@pytest.fixture
def prefect_cancel(stack: RunningStack) -> Callable[[str], None]:
    """Return a function that cancels a flow run like Prefect's web page."""

    def cancel(flow_run_id: str) -> None:
        order = {"state": {"type": "CANCELLING"}}
        url = f"{stack.prefect_url}/api/flow_runs/{flow_run_id}/set_state"
        requests.post(url, json=order, timeout=10).raise_for_status()

    return cancel
