"""The login of the Prefect server that workers start: a generated string that only their user can read."""

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
#: Length in bytes of the longest login that is read.
_MOST = 1000


class NoLogin(RuntimeError):
    """The login cannot be stored, or other users can read it."""


def configured() -> str:
    """Return the login that is set in the environment or in Prefect's profile, else an empty string."""
    return PREFECT_SERVER_API_AUTH_STRING.value() or PREFECT_API_AUTH_STRING.value() or ""


def kept(home: Path) -> str:
    """Return the login in a Prefect home, an empty string when there is none that this user can read."""
    with suppress(OSError, ValueError):
        descriptor = os.open(home / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _read(descriptor)
        finally:
            os.close(descriptor)
    return ""


def make(home: Path) -> str:
    """Return the login in a Prefect home; generate it if there is none yet. One worker at a time does that.

    :raises NoLogin: when the file cannot be written, or others can read it.
    """
    path = home / FILE
    try:
        descriptor = files.lock_and_wait(path)
        try:
            _refuse_open(descriptor, path)
            login = _read(descriptor)
            if not login:
                # the login consists of a user name and a password
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
    """Return the login that the server of a Prefect home accepts, an empty string when none is known."""
    known = [each for each in dict.fromkeys((configured(), kept(home))) if each]
    return next((each for each in known if admits(api_url, each)), known[0]) if known[1:] else "".join(known)


def admits(api_url: str, login: str) -> bool:
    """Return whether a Prefect server on this machine accepts this login; an empty one means no login."""
    try:
        return get(f"{api_url}/admin/version", login).status_code == 200
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def get(url: str, login: str) -> httpx.Response:
    """Send a GET request to a Prefect server on this machine, without a proxy, which could read the login.

    :raises httpx.HTTPError: when it does not answer.
    """
    return httpx.get(url, headers=headers(login), timeout=waits.PREFECT_ANSWER, trust_env=False)


def headers(login: str) -> dict[str, str]:
    """Return the request headers for a login."""
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
    # the folder's owner could replace the file anyway
    if found.st_uid not in (os.geteuid(), path.parent.stat().st_uid) or stat.S_IMODE(found.st_mode) & 0o077:
        raise NoLogin(
            f"Other users could read {path}, or have written it. Stop all workers of this folder and run: rm {path}"
        )
