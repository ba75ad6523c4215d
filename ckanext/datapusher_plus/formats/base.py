"""The base class of formats, the registry, and the detection of a file's format.

A new format is a subclass of ``Format`` that lists its aliases, extensions and media types and implements ``convert``;
``@register`` adds it to the registry.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, TypeVar

from ..core.boxes import Box
from ..core.errors import NothingToLoad, NotWhatItSays, UnsupportedFormat
from ..core.message import say
from ..core.unpacking import most_unpacked
from ..core.values import CleanCsv, Log, ReadOptions, Source
from .signatures import refuse_foreign
from .zip_reader import is_zip, members

#: enough to recognise any format by its content, and to detect the separator of a table
HEAD_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits above which a file is refused."""

    #: columns of a table: PostgreSQL's limit of 1,600, less ``_id`` and ``_full_text``
    columns: int = 1598
    #: characters of a column heading
    heading: int = 4_000
    #: bytes to which a compressed file may unpack
    unpacked: int = 20_000_000_000

    def unpacked_from(self, packed: int) -> int:
        """Return how many bytes a compressed file of ``packed`` bytes may unpack to."""
        return min(self.unpacked, most_unpacked(packed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The context of a conversion: the run's own folder, its log, the resource's options and the limits."""

    dir: Path
    log: Log
    options: ReadOptions = ReadOptions()
    limits: Limits = Limits()
    #: the resource's format as its publisher typed it
    format: str = ""
    #: bounds of the shapes that were converted so far, in parts; a format adds to them
    boxes: list[Box] = field(default_factory=list)

    @property
    def box(self) -> Box | None:
        """Return the bounds of all shapes that were converted, None if there were none."""
        if not self.boxes:
            return None
        west, south, east, north = zip(*self.boxes, strict=True)
        return min(west), min(south), max(east), max(north)


class Format(ABC):
    """A file format that holds a table."""

    #: name shown to people
    name: ClassVar[str]
    #: values of a resource's format field that mean this format, in lower case
    aliases: ClassVar[frozenset[str]]
    #: file name extensions, without the dot
    extensions: ClassVar[frozenset[str]]
    media_types: ClassVar[frozenset[str]]
    #: always recognisable by its first bytes or its ZIP members: a file that only has the name is something else
    signed: ClassVar[bool] = False
    #: an archive: the files in it are the tables
    wrapper: ClassVar[bool] = False

    def recognises(self, head: bytes) -> bool:
        """Return whether the first bytes are those of this format and of no other."""
        return False

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return whether a ZIP archive with these members, in lower case, is a document of this format."""
        return False

    def resembles(self, head: bytes) -> bool:
        """Return whether the first bytes look like this format; asked only when nothing else names the format."""
        return False

    @abstractmethod
    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Convert the file to canonical CSV, written to ``work.dir`` unless the file is canonical already.

        :raises Terminal: when the file is damaged or not of this format.
        :raises NothingToLoad: when it holds no data.
        """


F = TypeVar("F", bound=Format)
_REGISTRY: list[Format] = []


def register(kind: type[F]) -> type[F]:
    """Add a format to the registry."""
    _REGISTRY.append(kind())
    return kind


def names() -> tuple[str, ...]:
    """Return the names of all registered formats, for messages."""
    return tuple(known.name for known in _REGISTRY)


def named(name: str) -> Format:
    """Return the registered format with this ``Format.name``."""
    return next(known for known in _REGISTRY if known.name == name)


def detect(source: Source, resource_format: str) -> Format:
    """Return a file's format, by its content, else the resource's format, the file name, or the server's media type.

    :raises NothingToLoad: when the file has no bytes.
    :raises NotText: when the content is of another kind of file altogether.
    :raises NotWhatItSays: when the named format is one that is always recognised by its content, and it was not.
    :raises UnsupportedFormat: when nothing identifies the format.
    :raises Damaged: when it is a ZIP archive that cannot be read.
    """
    head = read_head(source.path)
    if not head:
        raise NothingToLoad(say("is empty"))
    by_content = _by_content(head) or (is_zip(head) and _by_members(members(source.path))) or None
    if by_content:
        return by_content
    refuse_foreign(head)
    return _by_name(source, resource_format.strip(), head)


def _by_content(head: bytes) -> Format | None:
    return next((known for known in _REGISTRY if known.recognises(head)), None)


def _by_members(found: Collection[str]) -> Format | None:
    # archives come last: every ZIP archive is one, also those that are documents of another format
    inside_out = sorted(_REGISTRY, key=lambda known: known.wrapper)
    return next((known for known in inside_out if known.recognises_members(found)), None)


def _by_name(source: Source, resource_format: str, head: bytes) -> Format:
    declared = _declared(resource_format.lower())
    found = [declared, _by_extension(source.filename), _by_media_type(source.content_type)]
    unsigned = next((known for known in found if known and not known.signed), None)
    if not unsigned and (declared or not resource_format):
        unsigned = next((known for known in _REGISTRY if known.resembles(head)), None)
    if unsigned:
        return unsigned
    signed = next(filter(None, found), None)
    raise NotWhatItSays(signed.name) if signed else UnsupportedFormat(resource_format, names())


def is_archive(resource_format: str) -> bool:
    """Return whether a resource's format names an archive, such as ZIP."""
    found = _declared(resource_format.strip().lower())
    return bool(found and found.wrapper)


def has_reader(extension: str) -> bool:
    """Return whether a format is registered for this extension, in lower case."""
    return any(extension in known.extensions for known in _REGISTRY)


def read_head(path: Path) -> bytes:
    """Return the first ``HEAD_BYTES`` bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _declared(declared: str) -> Format | None:
    return next((known for known in _REGISTRY if declared in known.aliases | known.media_types), None)


def _by_extension(filename: str) -> Format | None:
    extension = PurePosixPath(filename).suffix.lower().removeprefix(".")
    return next((known for known in _REGISTRY if extension in known.extensions), None)


def _by_media_type(media_type: str | None) -> Format | None:
    return next((known for known in _REGISTRY if media_type in known.media_types), None)
