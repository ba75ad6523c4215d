"""Fixtures that read workbooks and files of records and maps in this process; `convert` would start one for each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.values import CleanCsv, ReadOptions
from ckanext.datapusher_plus.formats.sandbox.sandboxed import Apart
from ckanext.datapusher_plus.formats.spreadsheet.base import Spreadsheet

if TYPE_CHECKING:
    from tests.fix_file import Publish, Said


@dataclass
class Table:
    """The table that was read from a file."""

    csv: CleanCsv
    #: the CSV text without the header
    text: str

    @property
    def rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text, newline="")))


ReadDocument = Callable[..., Table]


@pytest.fixture
def read_document(publish: Publish, said: Said) -> ReadDocument:
    """Return a function that reads a file; its format is detected from the content."""

    def read(content: bytes | str, *, name: str = "file", format: str = "", **options: Any) -> Table:
        data = content.encode() if isinstance(content, str) else content
        ticket, source = publish(data, format=format, name=name, options=ReadOptions(**options))
        kind = formats.detect(source, ticket.format)
        assert isinstance(kind, Apart)
        work = formats.Work(dir=ticket.work_dir, log=said, options=ticket.options, format=format)
        found = kind.read(source, work)
        text = io.StringIO(found.path.read_bytes().decode("utf-8"), newline="")
        next(csv.reader(text))
        return Table(found, text.read())

    return read


Sheet = Callable[..., CleanCsv]


@pytest.fixture
def sheet(publish: Publish, said: Said) -> Sheet:
    """Return a function that reads a workbook."""

    def read(content: bytes, *, name: str = "book", **options: Any) -> CleanCsv:
        ticket, source = publish(content, format="", name=name, options=ReadOptions(**options))
        kind = formats.detect(source, ticket.format)
        assert isinstance(kind, Spreadsheet)
        return kind.read(source, formats.Work(dir=ticket.work_dir, log=said, options=ticket.options))

    return read
