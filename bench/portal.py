"""A running stack as a client sees it: CKAN's API over HTTP."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ENDED = {"complete", "error"}


class RunFailed(RuntimeError):
    """A load that a benchmark measures did not end well."""


@dataclass(frozen=True)
class Portal:
    """One CKAN server and a sysadmin's token for it."""

    url: str
    token: str

    def act(self, action: str, **data: Any) -> Any:
        """Call an action and return its result."""
        return self._result(requests.post(self._address(action), json=data, headers=self._headers, timeout=600))

    def upload(self, action: str, file: Path, **data: Any) -> Any:
        """Call an action with ``file`` as the resource's upload and return its result."""
        with file.open("rb") as stream:
            answer = requests.post(
                self._address(action), data=data, files={"upload": stream}, headers=self._headers, timeout=600
            )
        return self._result(answer)

    def new_dataset(self) -> str:
        """Make an organization with one dataset and return the dataset's id."""
        tag = uuid.uuid4().hex[:8]
        self.act("organization_create", name=f"bench-{tag}")
        return self.act("package_create", name=f"bench-{tag}", owner_org=f"bench-{tag}")["id"]

    def wait(self, resource_id: str, since: str = "", patience: float = 900) -> dict[str, Any]:
        """Wait until the newest run of a resource has ended and return its status.

        :raises RunFailed: when it ended badly, or not within ``patience`` seconds.
        """
        until = time.monotonic() + patience
        while time.monotonic() < until:
            status = self.act("datapusher_status", resource_id=resource_id)
            if status["status"] in ENDED and status["job_id"] != since:
                break
            time.sleep(0.05)
        if status["status"] != "complete":
            raise RunFailed(f"{resource_id} is {status['status']}: {status['error']}")
        return status

    def _address(self, action: str) -> str:
        return f"{self.url}/api/3/action/{action}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": self.token}

    def _result(self, answer: requests.Response) -> Any:
        if not answer.ok:
            raise RunFailed(f"{answer.url} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()["result"]


def stack_file() -> dict[str, str]:
    """Return what ``make up`` wrote about the stack that is up."""
    return json.loads((Path(os.environ.get("STACK", ".stack")) / "stack.json").read_text(encoding="utf-8"))
