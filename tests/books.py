"""Write minimal workbooks by hand, including files that no library would write."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import xlwt

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive of some files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def relations(kinds: Mapping[str, str]) -> str:
    """Return a relationships part; ``kinds`` maps each target to its type. Their ids are r1, r2, …"""
    each = (
        f'<Relationship Id="r{number}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(kinds.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(each)}</Relationships>'


def xlsx(
    *sheets: str,
    names: Sequence[str] = ("one", "two", "three"),
    states: Sequence[str] = ("visible",) * 3,
    formats: Sequence[str] = (),
    strings: str = "",
    about: str = "",
    prolog: str = "",
) -> bytes:
    """Return an XLSX workbook; each sheet is the XML of its rows, and style n has number format n of ``formats``."""
    listed = "".join(
        f'<sheet name="{escape(names[place])}" sheetId="{place + 1}" state="{states[place]}" r:id="r{place + 1}"/>'
        for place in range(len(sheets))
    )
    codes = "".join(f'<numFmt numFmtId="{200 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(formats))
    used = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
    parts = {f"worksheets/sheet{place + 1}.xml": "worksheet" for place in range(len(sheets))}
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"xl/workbook.xml": "officeDocument"}),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}">{about}'
            f"<sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                {**parts, "styles.xml": "styles", "sharedStrings.xml": "sharedStrings"}
            ),
            "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts>'
            f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>",
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
            **{
                f"xl/{part}": f'{prolog}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
                for part, rows in zip(parts, sheets, strict=True)
            },
        }
    )


def xlsx_styled(number_format: int, value: float) -> bytes:
    """Return an XLSX workbook with a column d and one value in a built-in number format."""
    members = unzipped(xlsx(rows(["d"]) + f'<row><c s="0"><v>{value}</v></c></row>'))
    members["xl/styles.xml"] = (
        f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="{number_format}"/></cellXfs></styleSheet>'.encode()
    )
    return zipped(members)


def xlsb_styled(number_format: int, value: float) -> bytes:
    """Return an XLSB workbook with a column d and one value in a built-in number format."""
    members = unzipped(xlsb([(0, 0, 6, wide("d")), (1, 0, 5, struct.pack("<d", value))]))
    parts = {"worksheets/sheet1.bin": "worksheet", "styles.bin": "styles"}
    members["xl/_rels/workbook.bin.rels"] = relations(parts).encode()
    style = struct.pack("<HHHHHBBHBB", 0, number_format, 0, 0, 0, 0, 0, 0, 0, 0)
    members["xl/styles.bin"] = b"".join(
        (_record(278), _record(617, struct.pack("<L", 1)), _record(47, style), _record(618), _record(279))
    )
    return zipped(members)


def xls_styled(number_format: int, value: float) -> bytes:
    """Return an XLS workbook with a column d and one value in a built-in number format."""
    book = xlwt.Workbook()
    page = book.add_sheet("one")
    page.write(0, 0, "d")
    page.write(1, 0, value, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    out = io.BytesIO()
    book.save(out)
    content = bytearray(out.getvalue())
    # the second field of the last style record (XF, 20 bytes) is the number of the format
    place = content.rindex(struct.pack("<HH", 0xE0, 20)) + 6
    content[place : place + 2] = struct.pack("<H", number_format)
    return bytes(content)


def unzipped(content: bytes) -> dict[str, str | bytes]:
    """Return the content of each file in a ZIP archive, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(*table: Iterable[str | None]) -> str:
    """Return the XLSX XML of rows of texts."""
    return "".join("<row>" + "".join(_text(value) for value in row) + "</row>" for row in table)


def _text(value: str | None) -> str:
    return "<c/>" if value is None else f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def ods(*sheets: str, styles: str = "", manifest: str = "<manifest/>") -> bytes:
    """Return an ODS spreadsheet; each sheet is the whole XML of its table."""
    spaces = " ".join(
        f'xmlns:{name}="{_OASIS}{space}:1.0"'
        for name, space in {
            "office": "office",
            "table": "table",
            "text": "text",
            "draw": "drawing",
            "style": "style",
        }.items()
    )
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"<office:document-content {spaces} {calc}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:spreadsheet>{''.join(sheets)}"
            "</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": manifest,
        }
    )


def table(name: str, *table_rows: str, style: str = "") -> str:
    """Return the XML of an ODS sheet; each row is the XML of its cells."""
    inner = "".join(
        row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>" for row in table_rows
    )
    return f'<table:table table:name="{name}" table:style-name="{style}">{inner}</table:table>'


def cell(text: str, **attributes: str) -> str:
    """Return the XML of an ODS cell with a paragraph; attributes are written like ``office_value``."""
    given = " ".join(f'{name.replace("__", "-").replace("_", ":", 1)}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell {given}><text:p>{text}</text:p></table:table-cell>"


def xlsb(*sheets: Sequence[tuple[int, int, int, bytes]], names: Sequence[str] = ("one", "two", "three")) -> bytes:
    """Return an XLSB workbook; each sheet is a list of cells (row, column, record type, content)."""
    parts = [f"worksheets/sheet{number}.bin" for number in range(1, len(sheets) + 1)]
    bundles = b"".join(
        _record(156, struct.pack("<LL", 0, number) + wide(f"r{number}") + wide(name))
        for number, name in enumerate(names[: len(sheets)], 1)
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"xl/workbook.bin": "officeDocument"}),
            "xl/workbook.bin": _record(131) + _record(143) + bundles + _record(144) + _record(132),
            "xl/_rels/workbook.bin.rels": relations(dict.fromkeys(parts, "worksheet")),
            **{f"xl/{part}": _xlsb_sheet(cells) for part, cells in zip(parts, sheets, strict=True)},
        }
    )


def _xlsb_sheet(cells: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    last_row, last_column = max(cell[0] for cell in cells), max(cell[1] for cell in cells)
    sheet = _record(129) + _record(148, struct.pack("<4L", 0, last_row, 0, last_column)) + _record(145)
    for row in sorted({cell[0] for cell in cells}):
        sheet += _record(0, struct.pack("<LLHBBLL", row, 0, 300, 0, 0, 0, 0))
        for _, column, kind, content in (cell for cell in cells if cell[0] == row):
            sheet += _record(kind, struct.pack("<LL", column, 0) + content)
    return sheet + _record(146) + _record(130)


def wide(text: str) -> bytes:
    """Return a text in the encoding of XLSB: its length, then UTF-16."""
    return struct.pack("<L", len(text)) + text.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    return _number(kind) + _number(len(content)) + content


def _number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
