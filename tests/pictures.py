"""Pictures for tests, and what a page shows of them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from sqlalchemy import event
from werkzeug.datastructures import FileStorage

from ckanext.datapusher_plus.core.thumbnail import Row
from ckanext.datapusher_plus.model import thumbnail
from ckanext.datapusher_plus.thumbnails import store

#: Where the static files of the storage `pictures` are.
STATIC = "http://static.example.org/pictures/"


def png(colour: int = 0x336699, width: int = 800, height: int = 450) -> bytes:
    """Return a PNG image of one colour."""
    line = b"\0" + struct.pack(">I", colour)[1:] * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = {b"IHDR": head, b"IDAT": zlib.compress(line * height), b"IEND": b""}
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def photo(colour: int = 0x336699) -> FileStorage:
    """Return an upload of an image."""
    return FileStorage(io.BytesIO(png(colour)), filename="photo.png")


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The site's pictures: their folder and rows."""

    act: Callable[..., Any]
    folder: Path
    #: sets options
    set: Callable[..., None]

    def dataset(self, *colours: int, **fields: Any) -> dict[str, Any]:
        """Make a dataset with an image for each colour."""
        from ckan.tests import factories

        dataset = factories.Dataset(**fields)
        for colour in colours:
            self.act("resource_create", package_id=dataset["id"], name="photo", format="PNG", upload=photo(colour))
        return self.act("package_show", id=dataset["id"])

    def resource(self, colour: int = 0x336699, **fields: Any) -> dict[str, Any]:
        """Make an image in a dataset of its own."""
        return self.dataset(colour, **fields)["resources"][0]

    def rows(self, resource: dict[str, Any]) -> dict[str, Row]:
        """Return what is stored, by label."""
        return dict(store.find([resource["id"]]).get(resource["id"], store.Found()).rows)

    def files(self) -> set[str]:
        """Return the locations of all files in the storage."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    def change(self, resource: dict[str, Any], **values: Any) -> None:
        """Change the rows of a resource behind the plugin's back."""
        execute(sa.update(thumbnail).where(thumbnail.c.resource_id == resource["id"]).values(**values))


def execute(statement: Any) -> None:
    """Execute a statement on CKAN's database."""
    with model.ensure_engine().begin() as connection:
        connection.execute(statement)


@contextmanager
def queries(about: str = "datapusher_plus_thumbnail") -> Iterator[list[str]]:
    """Collect the statements about a table that this process sends to CKAN's database."""
    engine, found = model.ensure_engine(), list[str]()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, cursor, rest
        if about in statement:
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def images(page: str) -> list[dict[str, str]]:
    """Return the attributes of all pictures of resources on a page."""
    tags = BeautifulSoup(page, "html.parser").select("img.dpp-thumbnail")
    return [{name: str(value) for name, value in tag.attrs.items()} for tag in tags]


def sources(page: str) -> list[str]:
    """Return the addresses of the smallest pictures on a page."""
    return [image["src"] for image in images(page)]
