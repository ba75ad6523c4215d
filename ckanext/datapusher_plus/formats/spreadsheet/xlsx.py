"""XLSX and XLSM: sheets are read as streams, because a workbook of 200 MB takes 1.6 GB as Python objects."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.message import say
from ...core.values import Source
from .. import zip_reader
from ..base import Work, register
from ..xml_stream import SEP, Markup, attribute
from .base import Spreadsheet
from .cells import Shown, built_in, shown_as
from .shared_strings import texts
from .text_store import Strings, stored
from .workbook import Book, Faults, Sheet, SheetRow
from .xlsx_sheet import SheetReader

WHAT = say("{format} workbook", format="XLSX")


@register
class Xlsx(Spreadsheet):
    """Office Open XML workbooks, with or without macros."""

    name: ClassVar[str] = "XLSX"
    aliases: ClassVar[frozenset[str]] = frozenset({"xlsx", "xlsm", "excel"})
    extensions: ClassVar[frozenset[str]] = frozenset({"xlsx", "xlsm", "xltx", "xltm"})
    media_types: ClassVar[frozenset[str]] = frozenset(
        {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.ms-excel.sheet.macroenabled.12",
        }
    )

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return whether the members include a workbook part."""
        return "[content_types].xml" in members and any(
            name.startswith("xl/workbook") and name.endswith(".xml") for name in members
        )

    @contextmanager
    def open(self, source: Source, work: Work) -> Iterator[Book]:
        """Open a workbook."""
        with zip_reader.opened(source.path) as archive:
            parts = Parts(archive, WHAT, work.limits.unpacked_from(source.size), work.log)
            about = _about(parts)
            shared = texts(parts.pieces(about.strings)) if about.strings else iter(())
            with stored(shared, work.dir / "strings", WHAT) as strings:
                yield XlsxBook(parts, about, strings)


class Parts(zip_reader.Package):
    """The parts of an OOXML workbook."""

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return a part's relationships by ID: their type, in lower case, and the name of the target part."""
        path = PurePosixPath(zip_reader.simple(name))
        rels = str(path.parent / "_rels" / f"{path.name}.rels").removeprefix("./")
        found: dict[str, tuple[str, str]] = {}

        def start(element: str, attributes: dict[str, str], _depth: int) -> None:
            if element.endswith(SEP + "Relationship"):
                kind = attributes.get("Type", "").rpartition("/")[2].lower()
                found[attributes.get("Id", "")] = kind, _joined(path.parent, attributes.get("Target", ""))

        if self.has(rels):
            Markup(WHAT).scan(self.pieces(rels, zip_reader.MOST_ABOUT), start)
        return found


def _joined(folder: PurePosixPath, target: str) -> str:
    """Return the name of a target part, resolved against a folder."""
    parts: list[str] = [] if target.startswith("/") else [part for part in folder.parts if part != "."]
    for part in target.replace("\\", "/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class About:
    """What applies to a workbook as a whole."""

    sheets: tuple[Sheet, ...]
    #: name of the part with the shared strings; empty when there is none
    strings: str
    #: functions that convert numbers to text, by the index of a cell's style
    styles: tuple[Shown | None, ...]


def _about(parts: Parts) -> About:
    kinds = dict(parts.related("").values())
    workbook = kinds.get("officedocument", "xl/workbook.xml")
    related = parts.related(workbook)
    by_kind = {kind: name for kind, name in related.values() if parts.has(name)}
    sheets, since_1904 = _sheets(parts, workbook, related)
    styles = _styles(parts, by_kind["styles"], since_1904) if "styles" in by_kind else ()
    return About(sheets, by_kind.get("sharedstrings", ""), styles)


def _sheets(parts: Parts, workbook: str, related: dict[str, tuple[str, str]]) -> tuple[tuple[Sheet, ...], bool]:
    """Return the worksheets, without chart and macro sheets, and whether days are counted from 1904."""
    sheets: list[Sheet] = []
    since_1904 = False

    def start(element: str, attributes: dict[str, str], _depth: int) -> None:
        nonlocal since_1904
        name = element.rpartition(SEP)[2]
        if name == "workbookPr":
            since_1904 = attributes.get("date1904", "") in ("1", "true")
        elif name == "sheet":
            kind, place = related.get(attribute(attributes, "id"), ("", ""))
            if kind == "worksheet":
                hidden = attributes.get("state", "visible") != "visible"
                sheets.append(Sheet(attributes.get("name", ""), hidden, place))

    Markup(WHAT).scan(parts.pieces(workbook, zip_reader.MOST_ABOUT), start)
    return tuple(sheets), since_1904


def _styles(parts: Parts, part: str, since_1904: bool) -> tuple[Shown | None, ...]:
    """Return the function that converts numbers to text for each cell style."""
    own: dict[str, str] = {}
    used: list[str] = []
    within = ""

    def start(element: str, attributes: dict[str, str], _depth: int) -> None:
        nonlocal within
        name = element.rpartition(SEP)[2]
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
            within = name
        elif name == "xf" and within == "cellXfs":
            used.append(attributes.get("numFmtId", "0"))

    Markup(WHAT).scan(parts.pieces(part, zip_reader.MOST_ABOUT), start)
    shown = {code: shown_as(own.get(code, _built_in(code)), since_1904=since_1904) for code in set(used)}
    return tuple(shown[code] for code in used)


def _built_in(code: str) -> str:
    return built_in(int(code)) if code.isdecimal() and code.isascii() and len(code) < 5 else ""


class XlsxBook(Book):
    """An open XLSX workbook."""

    def __init__(self, parts: Parts, about: About, strings: Strings) -> None:
        """Take what has been read of the workbook."""
        self._parts, self._about, self._strings = parts, about, strings
        self.sheets = about.sheets

    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank."""
        reader = SheetReader(self._strings, self._about.styles, faults)
        for piece in self._parts.pieces(sheet.place):
            yield from reader.feed(piece)
            if reader.done:
                return
        yield from reader.feed(b"", final=True)
