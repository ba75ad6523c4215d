"""The file of which a picture is made: from CKAN's storage, else from its link by the rules for loads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import portal, settings
from ..core.errors import (
    FetchTooSlow,
    FileTooLarge,
    IngestError,
    NotReady,
    Transient,
    UploadUnreadable,
)
from ..core.log import Silent
from ..fetch.http import HttpRules, download
from ..fetch.receive import store
from ..fetch.site import rules
from .picture import CannotDrawNow, NothingToDraw

log = logging.getLogger(__name__)

#: Errors after which the same request may succeed, besides those that the loader tries again.
_PASSING = (Transient, FetchTooSlow, NotReady, UploadUnreadable)


def fetch(resource: Mapping[str, Any], folder: Path, timeout: tuple[float, float], max_bytes: int) -> Path:
    """Write a resource's file into the folder and return its path.

    :param timeout: seconds to connect to a server, and of its silence.
    :raises NothingToDraw: when there is no file, or a larger one than ``max_bytes``.
    :raises CannotDrawNow: when it cannot be read just now.
    """
    target = folder / "source"
    try:
        if resource.get("url_type") == "upload":
            _stored(resource["id"], target, max_bytes)
        else:
            download(str(resource.get("url") or ""), target, _rules(timeout, max_bytes), Silent())
    except FileTooLarge as error:
        raise NothingToDraw(f"The file has more than {max_bytes:,} bytes, the most for a picture.") from error
    except _PASSING as error:
        log.info("The file of resource %s could not be read for its picture: %s", resource["id"], error)
        raise CannotDrawNow("The file could not be read; try again later.") from error
    except IngestError as error:
        log.info("There is no file of resource %s for its picture: %s", resource["id"], error)
        raise NothingToDraw("The file cannot be read: there is none, or this site may not fetch it.") from error
    return target


def _stored(resource_id: str, target: Path, max_bytes: int) -> None:
    site = settings.current()
    with portal.open_upload(resource_id) as stream:
        store(
            stream,
            target,
            filename="",
            limit=max_bytes,
            algorithm=site.file_hash_algorithm,
            chunk_size=site.chunk_size,
            log=Silent(),
        )


def _rules(timeout: tuple[float, float], max_bytes: int) -> HttpRules:
    connecting, silence = timeout
    # somebody waits for the picture: no second try, and at most one more time of silence for the whole file
    return replace(
        rules(settings.current(), portal.own_pages()),
        limit=max_bytes,
        connect_timeout=connecting,
        timeout=silence,
        deadline=connecting + 2 * silence,
        retries=0,
        patience=0,
    )
