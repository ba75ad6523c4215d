"""Client of CKAN's API over HTTP."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests


class ActionFailed(Exception):
    """CKAN refused an action."""

    def __init__(self, action: str, status: int, error: object) -> None:
        super().__init__(f"{action} answered {status}: {error}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Portal:
    """A CKAN site and a user's API token."""

    url: str
    token: str

    def act(self, action: str, **data: Any) -> Any:
        """Call an action and return its result."""
        return self._result(action, requests.post(self._at(action), json=data, headers=self._headers, timeout=600))

    def upload(self, action: str, file: Path, **data: str) -> Any:
        """Call an action with a file, as a browser's form does."""
        with file.open("rb") as content:
            upload = {"upload": (file.name, content, "text/csv")}
            reply = requests.post(self._at(action), data=data, files=upload, headers=self._headers, timeout=600)
        return self._result(action, reply)

    def find(self, action: str, **data: Any) -> Any:
        """Call an action and return its result; None when CKAN answers with 404."""
        try:
            return self.act(action, **data)
        except ActionFailed as failure:
            if failure.status == requests.codes.not_found:
                return None
            raise

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": self.token}

    def _at(self, action: str) -> str:
        return f"{self.url}/api/3/action/{action}"

    @staticmethod
    def _result(action: str, reply: requests.Response) -> Any:
        try:
            answer = reply.json()
        except requests.JSONDecodeError:
            raise ActionFailed(action, reply.status_code, reply.text[:200]) from None
        if not answer["success"]:
            raise ActionFailed(action, reply.status_code, answer["error"])
        return answer["result"]
