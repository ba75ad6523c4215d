"""Recognise files that are not text tables by their first bytes, so that a message can name what was published."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..core.errors import NotText
from ..core.message import say

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", say("a PDF document")),
    (b"\x89PNG\r\n\x1a\n", say("a PNG image")),
    (b"\xff\xd8\xff", say("a JPEG image")),
    (b"GIF8", say("a GIF image")),
    (b"BZh", say("a bzip2 archive")),
    (b"\xfd7zXZ\x00", say("an xz archive")),
    (b"\x28\xb5\x2f\xfd", say("a Zstandard archive")),
    (b"7z\xbc\xaf\x27\x1c", say("a 7-Zip archive")),
    (b"Rar!\x1a\x07", say("a RAR archive")),
    (b"SQLite format 3\x00", say("an SQLite database")),
    (
        b"\x00\x00\x27\x0a",
        say("a shapefile without its other parts (put .shp, .dbf, .prj and .cpg into one ZIP archive)"),
    ),
    (b"{\\rtf", say("a rich text document")),
    (b"version https://git-lfs.github.com/spec/", say("a Git LFS pointer instead of the file itself")),
)
#: members that distinguish the kinds of documents that are ZIP archives
_ZIPPED: tuple[tuple[str, str], ...] = (
    ("word/document.xml", say("a Word document")),
    ("ppt/presentation.xml", say("a PowerPoint presentation")),
    ("meta-inf/container.xml", say("an e-book")),
    ("[content_types].xml", say("a document of Microsoft Office")),
    ("meta-inf/manifest.xml", say("an OpenDocument file or a Java archive")),
)
_WEB_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML = re.compile(rb"<html\b", re.IGNORECASE)
_XML = re.compile(rb"<\?xml\b([^>]*>\s*)?", re.IGNORECASE)
_AFTER_COMMENT = re.compile(rb"-->\s*(?=<)")
#: what may come before a web page's table, matched one at a time: one repeated pattern would backtrack without end
_ABOVE_TABLE = re.compile(rb"(<meta\b[^>]*>|<style\b.{0,9000}?</style>)\s*", re.IGNORECASE | re.DOTALL)
_WEB_TABLE = re.compile(rb"<table\b", re.IGNORECASE)
#: spreadsheets saved under another name, mostly .xls
_SPREADSHEETS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(
            rb"<(\?xml|\?mso|!--|([a-z]+:)?Workbook\b).{0,20000}urn:schemas-microsoft-com:office:spreadsheet", re.S
        ),
        say("an XML spreadsheet of Excel 2003 (SpreadsheetML)"),
    ),
    (
        re.compile(rb"<(\?xml|office:document\b).{0,20000}application/vnd\.oasis\.opendocument\.spreadsheet", re.S),
        say("a flat OpenDocument spreadsheet"),
    ),
    (
        re.compile(rb"<.{0,20000}(urn:schemas-microsoft-com:office:excel|ProgId content=\W?Excel)", re.S),
        say("a web page that Excel has made"),
    ),
    (
        re.compile(rb"MIME-Version: 1\.0\b.{0,20000}multipart/related", re.IGNORECASE | re.S),
        say("a web archive (MHTML)"),
    ),
)
_TAR_PLACE = 257
_BOM = b"\xef\xbb\xbf"
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_foreign(head: bytes) -> None:
    """Refuse a file that is known not to be a text table.

    :raises NotText: naming what the file is.
    """
    text = _text_of(head)
    web_table = say("a table of a web page") if _is_web_table(text) else None
    spreadsheet = next((what for pattern, what in _SPREADSHEETS if pattern.match(text)), web_table)
    if spreadsheet:
        raise NotText(spreadsheet, spreadsheet=True)
    what = foreign_kind(head)
    if what:
        raise NotText(what)


def foreign_kind(head: bytes) -> str | None:
    """Return what kind of file the bytes are when they are not a text table; None when that is not known."""
    magic = next((what for begin, what in _MAGIC if head.startswith(begin)), None)
    if head[_TAR_PLACE : _TAR_PLACE + 5] == b"ustar":
        return say("a tar archive")
    return magic or _markup(_text_of(head))


def _markup(text: bytes) -> str | None:
    xml = _XML.match(text)
    if _begins(text, _HTML, xml.end()) if xml else _begins(text, _WEB_PAGE, 0):
        return say("a web page")
    return say("an XML document") if xml else None


def _begins(text: bytes, element: re.Pattern[bytes], place: int) -> bool:
    """Return whether an element begins at a place, or after comments that begin there."""
    if not text.startswith(b"<!--", place):
        return bool(element.match(text, place))
    return any(element.match(text, found.end()) for found in _AFTER_COMMENT.finditer(text, place + 4))


def _is_web_table(text: bytes) -> bool:
    place = 0
    while found := _ABOVE_TABLE.match(text, place):
        place = found.end()
    return bool(_WEB_TABLE.match(text, place))


def _text_of(head: bytes) -> bytes:
    """Return the first bytes without a byte order mark and leading whitespace; UTF-16 is returned as UTF-8."""
    if head.startswith(_BOMS_16):
        head = head.decode("utf-16", "replace").encode()
    return head.removeprefix(_BOM).lstrip()


def foreign_members(members: Collection[str]) -> str | None:
    """Return what kind of document a ZIP archive with these members is; None when that is not known."""
    return next((what for part, what in _ZIPPED if part in members), None)
