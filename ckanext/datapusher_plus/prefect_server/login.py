"""The login of the Prefect server that workers bring along: a generated string that only their user can read."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

import httpx
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_SERVER_API_AUTH_STRING

from .. import waits
from . import files

FILE = "datapusher_plus-server.login"
#: Bytes of the longest login that is read.
_MOST = 1000


class NoLogin(RuntimeError):
    """The login cannot be kept, or is not for this user alone."""


def configured() -> str:
    """Return the login that the operator has set in the environment or in Prefect's profile, if there is one."""
    return PREFECT_SERVER_API_AUTH_STRING.value() or PREFECT_API_AUTH_STRING.value() or ""


def kept(home: Path) -> str:
    """Return the login in a Prefect home, an empty string when there is none that this user may read."""
    with suppress(OSError, ValueError):
        descriptor = os.open(home / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _read(descriptor)
        finally:
            os.close(descriptor)
    return ""


def make(home: Path) -> str:
    """Return the login in a Prefect home, which is made if there is none yet; one worker at a time does that.

    :raises NoLogin: when the file cannot be written, or others can read it.
    """
    path = home / FILE
    try:
        descriptor = files.lock_and_wait(path)
        try:
            _refuse_open(descriptor, path)
            login = _read(descriptor)
            if not login:
                # Prefect asks for a name and a password
                login = f"admin:{secrets.token_urlsafe(32)}"
                os.pwrite(descriptor, f"{login}\n".encode(), 0)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise NoLogin(f"The login of the Prefect server cannot be kept in {path}: {why}.") from error
    return login


def taken(api_url: str, home: Path) -> str:
    """Return which login the server of a Prefect home takes, an empty string when none is known."""
    known = [each for each in dict.fromkeys((configured(), kept(home))) if each]
    return next((each for each in known if admits(api_url, each)), known[0]) if known[1:] else "".join(known)


def admits(api_url: str, login: str) -> bool:
    """Return whether a Prefect server of this machine answers whoever has this login; if empty, whoever has none."""
    try:
        return get(f"{api_url}/admin/version", login).status_code == 200
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def get(url: str, login: str) -> httpx.Response:
    """Ask a Prefect server of this machine, not by a proxy, which would read the login.

    :raises httpx.HTTPError: when it does not answer.
    """
    return httpx.get(url, headers=headers(login), timeout=waits.PREFECT_ANSWER, trust_env=False)


def headers(login: str) -> dict[str, str]:
    """Return what a request shows to be let in."""
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}


def _read(descriptor: int) -> str:
    login = os.pread(descriptor, _MOST, 0).decode("ascii").strip()
    if not login.isprintable():
        raise ValueError("it is not one line of text")
    return login


def _refuse_open(descriptor: int, path: Path) -> None:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is not a file")
    # the owner of the folder could put another file there anyway
    if found.st_uid not in (os.geteuid(), path.parent.stat().st_uid) or stat.S_IMODE(found.st_mode) & 0o077:
        raise NoLogin(
            f"Other users could read {path}, or have written it. Stop all workers of this folder and run: rm {path}"
        )
