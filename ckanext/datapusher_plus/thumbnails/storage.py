"""Files of pictures: in the storage that ``thumbnail_storage`` names, else in a private folder of the plugin."""

from __future__ import annotations

import io
import logging
import re
import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress

import file_keeper
from ckan import types
from ckan.lib import files

from .. import settings
from ..portal.private_storage import NoStorage, private_storage
from ..portal.uploads import as_file

log = logging.getLogger(__name__)

#: Locations of our files. A storage that has other files too keeps those.
_OURS = re.compile(r"(?P<resource>[A-Za-z0-9_-]+)/[a-z0-9][a-z0-9_-]*\.[0-9a-f]{8}\.(?:jpg|png)")
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}

#: Beginning of the addresses of a storage's files, learned once: some adapters call their server for each address.
_prefixes: weakref.WeakKeyDictionary[file_keeper.Storage, str] = weakref.WeakKeyDictionary()


def location(resource_id: str, label: str, digest: str, content_type: str) -> str:
    """Return where a picture is stored. Another picture has another location, so browsers may keep it for ever."""
    return f"{resource_id}/{label}.{digest[:8]}.{_ENDINGS[content_type]}"


def resource_of(path: str) -> str:
    """Return the id of the resource whose picture is at a location; empty if the file is not ours."""
    found = _OURS.fullmatch(path)
    return found["resource"] if found else ""


def content_type(path: str) -> str:
    """Return the media type of the picture at a location."""
    return next(kind for kind, ending in _ENDINGS.items() if path.endswith(ending))


def opened() -> file_keeper.Storage:
    """Return the storage of pictures.

    :raises NoStorage: when there is none; the message says what to configure.
    """
    name = settings.current().thumbnail_storage
    if not name:
        return private_storage("thumbnails")
    try:
        return files.get_storage(name)
    except files.exc.UnknownStorageError as error:
        raise NoStorage(
            f"There is no storage {name!r}, which thumbnail_storage names; configure ckan.files.storage.{name}.type."
        ) from error


def put(path: str, data: bytes) -> None:
    """Store a picture.

    :raises NoStorage, OSError, file_keeper.exc.FilesError: when that fails; storages of plugins may raise other errors.
    """
    storage, where = opened(), file_keeper.FileData(files.Location(path))
    # the location contains a digest of the content; a storage may refuse to write it again
    if storage.supports(files.Capability.EXISTS) and storage.exists(where):
        return
    storage.upload(where.location, files.make_upload(io.BytesIO(data), content_type(path)))


def remove(paths: Iterable[str]) -> list[str]:
    """Remove pictures, and return the locations that are free now; errors are only logged."""
    gone = []
    for path in paths:
        try:
            with suppress(files.exc.MissingFileError, FileNotFoundError):
                opened().remove(file_keeper.FileData(files.Location(path)))
        except (NoStorage, files.exc.FilesError, OSError):
            log.exception("The picture %s could not be removed.", path)
        else:
            gone.append(path)
    return gone


def names() -> Iterator[str] | None:
    """Return the locations of all pictures; None when the storage cannot list its files."""
    storage = opened()
    if not storage.supports(files.Capability.SCAN):
        return None
    return (name for name in storage.scan() if resource_of(name))


def exists(path: str) -> bool:
    """Return whether the storage has a picture; True if it cannot say so."""
    storage = opened()
    return not storage.supports(files.Capability.EXISTS) or storage.exists(file_keeper.FileData(files.Location(path)))


def response(path: str) -> types.Response | None:
    """Return the picture itself as a response; None when the storage does not have it."""
    try:
        with as_file(opened().stream(file_keeper.FileData(files.Location(path)))) as file:
            sent = file.read()
    except (files.exc.MissingFileError, FileNotFoundError):
        return None
    return types.Response(sent, mimetype=content_type(path))


def has_addresses() -> bool:
    """Return whether browsers get pictures from the storage, without CKAN.

    :raises NoStorage: when there is no storage.
    """
    return bool(settings.current().thumbnail_base_url) or opened().supports(files.Capability.LINK_PERMANENT)


def address(path: str) -> str | None:
    """Return the storage's own address of a picture, None if there is none."""
    site = settings.current()
    if site.thumbnail_base_url:
        return f"{site.thumbnail_base_url.rstrip('/')}/{path}"
    if not site.thumbnail_storage:
        return None
    try:
        storage = opened()
    except NoStorage as error:
        log.error("%s", error)  # noqa: TRY400 (the sentence says everything)
        return None
    if storage not in _prefixes and (learned := _prefix(storage, path)) is not None:
        _prefixes[storage] = learned
    return _prefixes[storage] + path if storage in _prefixes else None


def _prefix(storage: file_keeper.Storage, path: str) -> str | None:
    """Return the beginning of the storage's addresses.

    A picture that exists shows it: some adapters refuse to make the address of a file that they do not have.
    """
    if not storage.supports(files.Capability.LINK_PERMANENT):
        return None
    try:
        link = storage.permanent_link(file_keeper.FileData(files.Location(path)))
    except (files.exc.FilesError, OSError):
        log.warning("The storage of pictures makes no address of %s now.", path, exc_info=True)
        return None
    return link.removesuffix(path) if link and link.endswith(path) else None
