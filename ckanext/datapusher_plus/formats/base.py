"""What a format is, the registry, and the choice of the format for a file.

A new format is a class that names the ways publishers write it, with a ``convert``; ``@register`` makes it known.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar, TypeVar

from ..core.errors import NothingToLoad, NotWhatItSays, UnsupportedFormat
from ..core.unpacking import most_unpacked
from ..core.values import CleanCsv, Log, ReadOptions, Source
from .signatures import refuse_foreign
from .zip_reader import is_zip, members

#: enough to know any format by its content, and to see how a table is separated
HEAD_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a file is read before it is refused."""

    #: PostgreSQL's 1,600 without ``_id`` and ``_full_text``
    columns: int = 1598
    #: characters of a heading
    heading: int = 4_000
    #: most bytes of what a compressed file holds
    unpacked: int = 20_000_000_000

    def unpacked_from(self, packed: int) -> int:
        """Return how many bytes a compressed file of so many bytes may hold."""
        return min(self.unpacked, most_unpacked(packed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a format works with: the run's own folder, its log, and what the resource asks for."""

    dir: Path
    log: Log
    options: ReadOptions = ReadOptions()
    limits: Limits = Limits()
    #: the resource's format as typed by its publisher
    format: str = ""


class Format(ABC):
    """A way to publish a table."""

    #: as shown to people
    name: ClassVar[str]
    #: what publishers type as a resource's format, in lower case
    aliases: ClassVar[frozenset[str]]
    #: ends of file names, without the dot
    extensions: ClassVar[frozenset[str]]
    media_types: ClassVar[frozenset[str]]
    #: known by its first bytes or its members alone; what is only called so is something else
    signed: ClassVar[bool] = False
    #: holds other files, which are the tables
    wrapper: ClassVar[bool] = False

    def recognises(self, head: bytes) -> bool:
        """Tell whether the first bytes are those of this format and of no other."""
        return False

    def recognises_members(self, members: Collection[str]) -> bool:
        """Tell whether a ZIP archive of such files is one document of this format; names are in lower case."""
        return False

    def resembles(self, head: bytes) -> bool:
        """Tell whether the first bytes may well be of this format; asked when nobody has named one."""
        return False

    @abstractmethod
    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Make canonical CSV of the file, in ``work.dir`` unless it is canonical already.

        :raises Terminal: when the file is not what it seems.
        :raises NothingToLoad: when there is nothing in it.
        """


F = TypeVar("F", bound=Format)
_REGISTRY: list[Format] = []


def register(kind: type[F]) -> type[F]:
    """Make a format known."""
    _REGISTRY.append(kind())
    return kind


def names() -> tuple[str, ...]:
    """Return the names of all formats, for messages."""
    return tuple(known.name for known in _REGISTRY)


def named(name: str) -> Format:
    """Return the format that messages call so."""
    return next(known for known in _REGISTRY if known.name == name)


def detect(source: Source, resource_format: str) -> Format:
    """Find a file's format: by its content, else the resource's format, the file name, the server's media type.

    :raises NothingToLoad: when there are no bytes in it.
    :raises NotText: when the content shows that it is another kind of file altogether.
    :raises NotWhatItSays: when the content shows that it is not what it is called.
    :raises UnsupportedFormat: when nothing tells.
    :raises Damaged: when it is the beginning of an archive.
    """
    head = read_head(source.path)
    if not head:
        raise NothingToLoad("is empty")
    by_content = _by_content(head) or (is_zip(head) and _by_members(members(source.path))) or None
    if by_content:
        return by_content
    refuse_foreign(head)
    return _by_name(source, resource_format.strip(), head)


def _by_content(head: bytes) -> Format | None:
    return next((known for known in _REGISTRY if known.recognises(head)), None)


def _by_members(found: Collection[str]) -> Format | None:
    # an archive of any files is the last thing that it may be
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
    """Tell whether a resource's format is that of files which hold others."""
    found = _declared(resource_format.strip().lower())
    return bool(found and found.wrapper)


def has_reader(extension: str) -> bool:
    """Tell whether a format's files end so, in lower case."""
    return any(extension in known.extensions for known in _REGISTRY)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _declared(declared: str) -> Format | None:
    return next((known for known in _REGISTRY if declared in known.aliases | known.media_types), None)


def _by_extension(filename: str) -> Format | None:
    extension = PurePosixPath(filename).suffix.lower().removeprefix(".")
    return next((known for known in _REGISTRY if extension in known.extensions), None)


def _by_media_type(media_type: str | None) -> Format | None:
    return next((known for known in _REGISTRY if media_type in known.media_types), None)
