"""ZIP: the file that the resource names, or the one table in the archive, or else a table that lists its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import ClassVar
from zipfile import ZipInfo

from ...core import how_to_read
from ...core.errors import NestedArchive, NoSuchSheet, NothingToLoad, NotText
from ...core.message import join, quoted, say, say_n
from ...core.parts import called
from ...core.values import CleanCsv, ReadOptions, Source
from .. import zip_reader
from ..base import Format, Work, has_reader, register
from ..parts import note
from ..signatures import foreign_members
from . import member
from .listing import COLUMNS, name_of, write_manifest
from .parts import parts_of

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
        """Convert a table in the archive to canonical CSV; if there is not exactly one, and none named, list its files.

        :raises NoSuchSheet: when the resource names a file that is not in the archive.
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
            found = parts_of(archive, tables)
            note(work.dir, found)
            table = _chosen(tables, work.options)
            if table is None:
                return _listed(files, tables, work)
            target = work.dir / "unpacked"
            member.write(zip_reader.pieces(archive, table, work.limits.unpacked_from(source.size)), target)
        work.log.info(say("The archive's file “{name}” is loaded.", name=name_of(table)))
        name, wanted = name_of(table), work.options.sheet
        is_named = len(tables) > 1 or wanted == name
        # else the resource names a sheet in that file
        inner = replace(work, options=replace(work.options, sheet="")) if is_named else work
        csv = member.read(target, PurePosixPath(name).name, source, inner, self.name)
        if is_named and len(tables) > 1:
            # the file may have noted its own sheets
            note(work.dir, found)
            csv = replace(csv, sheet=name)
        elif not is_named and not csv.sheet and _is_file_name(wanted):
            # it has no sheets, so another file of the archive is meant
            raise NoSuchSheet(wanted, (name,))
        return replace(csv, member=name)


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


def _chosen(tables: Sequence[ZipInfo], options: ReadOptions) -> ZipInfo | None:
    """Return the file to load; None when the archive's files are to be listed.

    :raises NoSuchSheet: when there are several, and none of them has the name or number that the resource names.
    """
    names = [name_of(table) for table in tables]
    if options.sheet and (len(tables) > 1 or options.sheet in names):
        return tables[called(names, options.sheet)]
    return tables[0] if len(tables) == 1 and options.unzip else None


def _is_file_name(wanted: str) -> bool:
    return has_reader(PurePosixPath(wanted).suffix.lower().removeprefix("."))


def _listed(files: Sequence[ZipInfo], tables: Sequence[ZipInfo], work: Work) -> CleanCsv:
    path = work.dir / "members.csv"
    write_manifest(files, path)
    if len(tables) > 1:
        named = quoted([name_of(table) for table in tables], 10)
        said = say("{count} of the archive's files could be loaded, {named}.", count=len(tables), named=named)
        work.log.info(join((said, how_to_read.SHEET)))
    work.log.info(
        say_n(
            "A table of the {n} file in the archive is loaded.",
            "A table of the {n} files in the archive is loaded.",
            len(files),
        )
    )
    kind = say("ZIP, list of files")
    return CleanCsv(path=path, header=COLUMNS, format=kind, encoding="", first_line=0, counts="row")
