"""Check of the stash folder as a web process sees it.

A web process keeps earlier versions of Data Dictionaries there, as its own user. `check` sends a request to the running
site. The request carries a time signed with the site's secret, so nobody else gets an answer. The answer holds no
secret.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from ckan.common import config
from itsdangerous import BadData, URLSafeSerializer

from .. import settings, waits
from ..dictionary_stash import history
from . import folders, workers
from .finding import Verdict, fail, ok, warn
from .portal import address
from .wording import account, user

PATH = "/datapusher_plus/stash"
HEADER = "X-Datapusher-Plus-Check"
#: Seconds for which a signed time is valid, in the past and in the future, because clocks may differ.
GOOD_FOR = 120.0

_ONE_USER = (
    "Run workers, web processes and commands as one user: set User= in the worker's unit to the web server's user, "
    "and give it the folder (chown -R)."
)


def signed() -> str:
    """Return the signed present time, which `check` sends to authenticate itself."""
    return _signer().dumps(time.time())


def is_let_in(shown: str) -> bool:
    """Return whether ``shown`` is a time signed with the site's secret, at most ``GOOD_FOR`` seconds away from now."""
    try:
        at = _signer().loads(shown)
    except BadData:
        return False
    return isinstance(at, float) and abs(time.time() - at) <= GOOD_FOR


def answer() -> dict[str, Any]:
    """Return the facts about this process and the stash folder that ``judged`` needs, as a JSON object.

    Keys: host, uid, user, folder, barred (why it cannot be written, or empty), workers (from their marks).
    """
    folder = _folder()
    inner = folder / history.FOLDER
    barred = folders.refused(folder, "dictionary_stash_dir", synced=False)
    if barred is None and folder.is_dir() and inner.is_dir():
        barred = folders.refused(inner, "dictionary_stash_dir", synced=False)
    return {
        "host": socket.gethostname(),
        "uid": os.geteuid(),
        "user": user(),
        "folder": str(folder),
        "barred": barred.sentence if barred else "",
        "workers": [] if barred else _marks(),
    }


def stash() -> Verdict:
    """Check that a web process of the running site uses the workers' stash folder, as the same user."""
    try:
        reply = requests.get(
            address(PATH), headers={HEADER: signed()}, timeout=waits.CHECK_WEB, verify=settings.current().ssl_verify
        )
        seen = reply.json() if reply.ok else None
    except (requests.RequestException, ValueError):
        seen = None
    if not isinstance(seen, dict) or "barred" not in seen:
        return warn(
            "The site's web process could not be asked what it sees of the stash folder.",
            "Restart CKAN, so that it runs this version of the plugin with the same SECRET_KEY as here.",
        )
    return judged(seen, _owner_of_marks(), _marks())


def judged(seen: Mapping[str, Any], owner: int | None, marks: list[str]) -> Verdict:
    """Return a verdict on the answer of a web process.

    :param seen: the object that ``answer`` returns.
    :param owner: the uid of the workers' user.
    :param marks: names of the workers whose marks are in the folder as seen from here.
    """
    if seen["barred"]:
        sentence = f"In the web server: {seen['barred']} So edits of Data Dictionaries keep no earlier version."
        return fail(sentence, _ONE_USER)
    if owner is not None and owner != seen["uid"]:
        return fail(
            f"The web server works as user {seen['user']} and the worker as {account(owner)}: neither believes the "
            f"Data Dictionaries that the other writes into {seen['folder']}.",
            _ONE_USER,
        )
    if marks and not set(marks) & set(seen["workers"]):
        return fail(
            f"The web server on {seen['host']} keeps Data Dictionaries in another folder than workers do: "
            f"{seen['folder']}.",
            "Mount one folder as dictionary_stash_dir on every machine.",
        )
    return ok(f"The web server keeps Data Dictionaries in {seen['folder']} as user {seen['user']}.")


def _marks() -> list[str]:
    try:
        return [mark.worker for mark in workers.seen()]
    except PermissionError:
        return []


def _owner_of_marks() -> int | None:
    """Return the uid of the user who wrote the newest mark; None without marks, or when they cannot be read."""
    try:
        found = [path.stat() for path in (_folder() / workers.FOLDER).glob("*.json")]
    except OSError:
        return None
    return max(found, key=lambda each: each.st_mtime).st_uid if found else None


def _folder() -> Path:
    return settings.current().dictionary_stash_dir


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(config["SECRET_KEY"], salt="datapusher_plus check")
