"""GZ: one file compressed by gzip."""

from __future__ import annotations

import gzip
import zlib
from typing import ClassVar

from ...core.errors import Damaged
from ...core.message import say
from ...core.values import CleanCsv, Source
from ..base import Format, Work, register
from ..zip_reader import limited
from . import member


@register
class Gzip(Format):
    """A table compressed by gzip."""

    name: ClassVar[str] = "GZ"
    aliases: ClassVar[frozenset[str]] = frozenset({"gz", "gzip", "csv.gz", "tsv.gz", "csvgz"})
    extensions: ClassVar[frozenset[str]] = frozenset({"gz", "gzip"})
    media_types: ClassVar[frozenset[str]] = frozenset({"application/gzip", "application/x-gzip"})
    signed = True
    wrapper = True

    def recognises(self, head: bytes) -> bool:
        """Return whether the first bytes are gzip's, with its only compression method."""
        return head.startswith(b"\x1f\x8b\x08")

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Convert the compressed file to canonical CSV.

        :raises Damaged: when the gzip file is truncated or corrupt.
        :raises UnpacksTooLarge: when it unpacks to too many bytes.
        """
        target = work.dir / "unpacked"
        try:
            with gzip.open(source.path) as file:
                member.write(limited(file, work.limits.unpacked_from(source.size)), target)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(say("gzip file"), say("its end or a part of it is missing or wrong")) from error
        name = source.filename
        for end in (".gz", ".gzip"):
            name = name[: -len(end)] if name.lower().endswith(end) else name
        return member.read(target, name, source, work, self.name)
