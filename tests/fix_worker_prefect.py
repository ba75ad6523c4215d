"""Fixtures: Prefect for an attacker who can reach its API and may write anything there."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.fix_worker import WorkerUnderTest, until
from tests.servers import RunningStack

#: Deployment and work pool of the tests' site (test.ini).
DEPLOYMENT, POOL = "datapusher-plus/test", "datapusher-plus-test"
OVER = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")


@dataclass(frozen=True)
class Api:
    """Prefect's API."""

    url: str

    def get(self, path: str) -> Any:
        """Send a GET request, and return the answer."""
        return self._answer(requests.get(f"{self.url}/{path}", timeout=20))

    def post(self, path: str, **content: Any) -> Any:
        """Send a POST request, and return the answer."""
        return self._answer(requests.post(f"{self.url}/{path}", json=content, timeout=20))

    def change(self, where: str, **content: Any) -> None:
        """Send a PATCH request."""
        self._answer(requests.patch(f"{self.url}/{where}", json=content, timeout=20))

    def delete(self, path: str) -> None:
        """Send a DELETE request."""
        self._answer(requests.delete(f"{self.url}/{path}", timeout=20))

    @property
    def deployment(self) -> dict[str, Any]:
        """Return the deployment from which flow runs are created."""
        return self.get(f"deployments/name/{DEPLOYMENT}")

    def flow_run(self, parameters: Any, **more: Any) -> str:
        """Create a flow run in the worker's pool, and return its id."""
        made = self.post(
            "flow_runs/",
            flow_id=self.deployment["flow_id"],
            parameters=parameters,
            work_pool_name=POOL,
            work_queue_name="default",
            state={"type": "SCHEDULED"},
            **more,
        )
        return made["id"]

    def ends(self, flow_run_id: str, worker: WorkerUnderTest) -> dict[str, Any]:
        """Wait until a flow run has ended, and return it."""

        def found() -> dict[str, Any]:
            return self.get(f"flow_runs/{flow_run_id}")

        until(lambda: found()["state"]["type"] in OVER, 60, lambda: (found(), worker.output()))
        return found()

    @staticmethod
    def _answer(reply: requests.Response) -> Any:
        assert reply.ok, (reply.status_code, reply.text[:2000])
        return reply.json() if reply.content else None


@pytest.fixture
def api(stack: RunningStack, worker: WorkerUnderTest) -> Iterator[Api]:
    """Prefect's API; changes of a test to the deployment and the work pool are undone."""
    prefect = Api(f"{stack.prefect_url}/api")
    before, pool = prefect.deployment, prefect.get(f"work_pools/{POOL}")
    yield prefect
    kept = ("job_variables", "parameters", "tags", "entrypoint", "path", "pull_steps", "enforce_parameter_schema")
    prefect.change(f"deployments/{before['id']}", **{name: copy.deepcopy(before[name]) for name in kept})
    prefect.change(f"work_pools/{POOL}", base_job_template=pool["base_job_template"])


@dataclass(frozen=True)
class Trap:
    """A folder with modules that create the file ``mark`` when Python imports them."""

    folder: Path
    mark: Path

    @property
    def job(self) -> dict[str, Any]:
        """Return the job variables with which an attacker tries to make a worker import the modules."""
        path = str(self.folder)
        env = {"PYTHONPATH": path, "PYTHONSTARTUP": f"{path}/sitecustomize.py", "DATAPUSHER_PLUS_FAULTS": "/dev/null"}
        command = f"touch {self.mark}"
        return {"env": env, "command": command, "working_dir": path, "name": "x", "labels": {"a": "b"}}


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    """Modules that Python, CKAN, Prefect and this plugin would import if the folder came first in their path."""
    folder, mark = tmp_path / f"trap-{uuid4()}", tmp_path / "mark"
    folder.mkdir()
    for name in ("sitecustomize", "usercustomize", "prefect", "json", "duckdb"):
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    return Trap(folder, mark)
