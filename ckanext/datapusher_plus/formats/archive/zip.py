"""ZIP: the one table in the archive is loaded, or else a table that lists its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import ClassVar
from zipfile import ZipInfo

from ...core.errors import NestedArchive, NothingToLoad, NotText
from ...core.message import say
from ...core.values import CleanCsv, Source
from .. import zip_reader
from ..base import Format, Work, has_reader, register
from ..signatures import foreign_members
from . import member
from .listing import COLUMNS, name_of, write_manifest

#: files that programs leave behind, and files that describe the data
_BESIDE = re.compile(
    r"(^|/)(__macosx/|\.|~\$|thumbs\.db$|desktop\.ini$)"
    r"|(^|/)(read[ _-]?me|licen[cs]e|changelog|metadata|datapackage|schema|manifest)\b[^/]*$"
    r"|[-_.]metadata\.(json|txt|csv)$",
    re.IGNORECASE,
)


@register
class Zip(Format):
    """A ZIP archive that is not a document of another format."""

    name: ClassVar[str] = "ZIP"
    aliases: ClassVar[frozenset[str]] = frozenset({"zip", "csv.zip", "csv+zip", "zip+csv", "zipped csv"})
    extensions: ClassVar[frozenset[str]] = frozenset({"zip"})
    media_types: ClassVar[frozenset[str]] = frozenset(
        {"application/zip", "application/x-zip-compressed", "application/x-zip"}
    )
    signed = True
    wrapper = True

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return True: any archive is one of this format; called after all other formats."""
        return True

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Convert the one table in the archive to canonical CSV; if there is not exactly one, list its files instead.

        :raises Damaged: when the archive cannot be read.
        :raises NothingToLoad: when it has no files.
        :raises NotText: when it is a document, such as one of Word.
        :raises NestedArchive: when it holds only another archive.
        :raises UnpacksTooLarge: when the table unpacks to too many bytes.
        """
        with zip_reader.opened(source.path) as archive:
            files = [info for info in archive.infolist() if not _is_folder(info)]
            if not files:
                raise NothingToLoad(say("is an archive without files"))
            if what := foreign_members(frozenset(zip_reader.simple(info.filename) for info in files)):
                raise NotText(what)
            tables = _tables(files)
            if len(tables) != 1 or not work.options.unzip:
                return _listed(files, tables, work)
            (table,) = tables
            target = work.dir / "unpacked"
            member.write(zip_reader.pieces(archive, table, work.limits.unpacked_from(source.size)), target)
        name = name_of(table)
        work.log.info(f"The archive's file “{name}” is loaded.")
        return member.read(target, PurePosixPath(name).name, source, work, self.name)


def _is_folder(info: ZipInfo) -> bool:
    # ZipInfo.is_dir fails where a name is empty
    return not info.filename or info.is_dir()


def _tables(files: Sequence[ZipInfo]) -> list[ZipInfo]:
    """Return the files with an extension that a format reads; ``.txt`` files only if there are no others.

    :raises NestedArchive: when there is only one file, and it is an archive.
    """
    content = [info for info in files if not _BESIDE.search(zip_reader.simple(info.filename))] or list(files)
    endings = [PurePosixPath(zip_reader.simple(info.filename)).suffix.removeprefix(".") for info in content]
    if len(content) == 1 and endings[0] in member.ARCHIVES:
        raise NestedArchive(name_of(content[0]))
    found = [
        (info, ending)
        for info, ending in zip(content, endings, strict=True)
        if has_reader(ending) and ending not in member.ARCHIVES
    ]
    return [info for info, ending in found if ending != "txt"] or [info for info, _ in found]


def _listed(files: Sequence[ZipInfo], tables: Sequence[ZipInfo], work: Work) -> CleanCsv:
    path = work.dir / "members.csv"
    write_manifest(files, path)
    if len(tables) > 1:
        named = ", ".join(f"“{name_of(table)}”" for table in tables[:10]) + (", …" if len(tables) > 10 else "")
        work.log.info(
            f"{len(tables):,} of the archive's files could be loaded, {named}: publish them one by one for that."
        )
    work.log.info(f"A table of the {len(files):,} files in the archive is loaded.")
    return CleanCsv(path=path, header=COLUMNS, format="ZIP, list of files", encoding="", first_line=0, counts="row")
