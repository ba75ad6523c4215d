"""A real worker process for CKAN inside pytest, which tests stop, kill and give orders to fail."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.fix_ckan import Act
from tests.fix_gate import Gates
from tests.orders import Orders
from tests.servers import RunningStack

READY = "runs at once from work pool"
#: No load is tried again, so that tests see how one ends; those of retries set this otherwise.
OPTIONS = {"sweep_interval": "1", "worker_grace": "5", "run_retries": "0"}


class WorkerUnderTest:
    """`ckan datapusher_plus worker`, with the faults of `checkpoint` in a file that tests write."""

    def __init__(self, stack: RunningStack, gates: Gates, folder: Path) -> None:
        self._stack = stack
        self._gates = gates
        self._folder = folder
        self.orders = Orders(folder / "faults.json")
        self._output = folder / "worker.log"
        self._options: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **options: str) -> None:
        """Have a worker with these options of the plugin and no other; one that runs already is kept."""
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
        """Tell the worker to end and return its exit status."""
        if self._process is None:
            return 0
        if self.alive():
            self.thaw()
            self._process.send_signal(sign)
        status = self._process.wait(60)
        self._process = None
        return status

    def signal(self, sign: signal.Signals) -> None:
        """Send a signal and do not wait."""
        assert self._process is not None
        self._process.send_signal(sign)

    def kill(self, *, alone: bool = False) -> None:
        """Kill the worker and, unless ``alone``, all that it started, as the loss of the machine would."""
        assert self._process is not None
        root = psutil.Process(self._process.pid)
        for process in [root, *([] if alone else root.children(recursive=True))]:
            process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop it and all that it started in the midst of what they do, as a machine that is suspended."""
        assert self._process is not None
        for process in [root := psutil.Process(self._process.pid), *root.children(recursive=True)]:
            process.suspend()

    def thaw(self) -> None:
        """Let all go on."""
        assert self._process is not None
        for process in [root := psutil.Process(self._process.pid), *root.children(recursive=True)]:
            process.resume()

    def run(self) -> psutil.Process:
        """Return the newest process that carries out a run."""
        assert self._process is not None
        server = psutil.Process(self._process.pid).children()
        runs = [run for child in server for run in child.children()]
        return max(runs, key=lambda run: run.create_time())

    def order(self, **faults: str) -> None:
        """Order faults at checkpoints, written with `__` for the dot; without any, take all orders back."""
        self.orders.give({point.replace("__", "."): fault for point, fault in faults.items()})

    @property
    def name(self) -> str:
        """Return what it is called in its work pool."""
        assert self._process is not None
        return f"{socket.gethostname()}-{self._process.pid}"

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def output(self) -> str:
        """Return what it has printed."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def _command(self) -> list[str]:
        ini = self._folder / "worker.ini"
        options = {f"ckanext.datapusher_plus.{key}": value for key, value in {**OPTIONS, **self._options}.items()}
        lines = "".join(f"{key} = {value}\n" for key, value in {**self._gates.options(), **options}.items())
        ini.write_text(f"[app:main]\nuse = config:{self._stack.test_ini}\n{lines}")
        return [str(Path(sys.executable).with_name("ckan")), "-c", str(ini), "datapusher_plus", "worker"]

    def _env(self) -> dict[str, str]:
        mine = {
            **self.orders.environment(),
            "PREFECT_HOME": str(self._folder / "prefect"),
            "DO_NOT_TRACK": "1",
        }
        return {**os.environ, **mine}


def until(true: Callable[[], bool], patience: float, told: Callable[[], object] = lambda: "") -> None:
    """Wait until something is so, and fail with what ``told`` says when it does not come."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not within {patience} s: {told()}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def worker_process(
    stack: RunningStack, all_gates: Gates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerUnderTest]:
    """One worker for the session, started by the first test that needs it."""
    process = WorkerUnderTest(stack, all_gates, tmp_path_factory.mktemp("worker"))
    yield process
    process.stop(signal.SIGKILL)


@pytest.fixture
def worker(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A worker that runs, with no faults ordered."""
    worker_process.start()
    return worker_process


Command = Callable[..., str]


@pytest.fixture
def command(stack: RunningStack) -> Command:
    """Run `ckan datapusher_plus …` and return what it prints."""
    program = str(Path(sys.executable).with_name("ckan"))

    def run(*words: str) -> str:
        asked = [program, "-c", stack.test_ini, "datapusher_plus", *words]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    return run


Ended = Callable[..., dict[str, Any]]


@pytest.fixture
def ended(act: Act, worker_process: WorkerUnderTest) -> Ended:
    """Wait until a resource's newest run is in one of these states (or ended at all) and return `datapusher_status`."""
    over = ("complete", "complete_with_warnings", "skipped", "error", "cancelled")

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
    """Cancel a flow run as Prefect's page does."""

    def cancel(flow_run_id: str) -> None:
        order = {"state": {"type": "CANCELLING"}}
        url = f"{stack.prefect_url}/api/flow_runs/{flow_run_id}/set_state"
        requests.post(url, json=order, timeout=10).raise_for_status()

    return cancel
