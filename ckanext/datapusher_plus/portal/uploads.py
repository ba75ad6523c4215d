"""Open uploaded files of resources, in any storage that CKAN uses."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import BinaryIO, cast

import file_keeper
from ckan import model
from ckan.lib import files, uploader

from ..core.errors import ResourceGone, UploadMissing, UploadUnreadable


def open_upload(resource_id: str) -> BinaryIO:
    """Open the uploaded file of a resource for reading, without going over HTTP.

    CKAN keeps it in a file-keeper storage (``ckan.files.default_storages.resource``), below ``ckan.storage_path``, or
    where an ``IUploader`` plugin says.

    :raises UploadMissing: when the storage has no such file.
    :raises UploadUnreadable: when the storage cannot be read from here.
    :raises ResourceGone: when the resource was deleted.
    """
    resource = model.Resource.get(resource_id)
    if resource is None:
        raise ResourceGone(resource_id)
    keeper = uploader.get_resource_uploader({"id": resource.id, "url": resource.url, "url_type": resource.url_type})
    location = keeper.get_path(resource.id)
    storage = getattr(keeper, "storage", None)
    if isinstance(storage, file_keeper.Storage):
        return _from_storage(storage, location)
    return _from_disk(location, type(keeper).__name__)


def _from_storage(storage: file_keeper.Storage, location: str) -> BinaryIO:
    try:
        data = file_keeper.FileData(files.Location(location))
        # Some storages report a missing file only when its first part is read, and `analyze` would read the whole file.
        if not storage.exists(data):
            raise UploadMissing
        return as_file(storage.stream(data))
    except files.exc.MissingFileError as error:
        raise UploadMissing from error
    except files.exc.UnsupportedOperationError as error:
        raise UploadUnreadable(str(storage)) from error


def _from_disk(path: str, keeper: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except FileNotFoundError as error:
        # the uploader of a plugin may return the key of an object in its own store, not a path
        raise (UploadMissing() if keeper == uploader.ResourceUpload.__name__ else UploadUnreadable(keeper)) from error
    except OSError as error:
        raise UploadUnreadable(keeper) from error


def as_file(stream: Iterable[bytes]) -> BinaryIO:
    """Return a storage's stream of bytes as a file object."""
    if hasattr(stream, "read"):
        return cast(BinaryIO, stream)
    return cast(BinaryIO, io.BufferedReader(_Pieces(stream), buffer_size=1 << 20))


class _Pieces(io.RawIOBase):
    """File object that reads from an iterable of bytes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
