"""Files of records and maps, read in this process; `convert` would read each in one of its own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.values import CleanCsv, ReadOptions
from ckanext.datapusher_plus.formats.apart import Apart

if TYPE_CHECKING:
    from tests.fix_file import Publish, Said


@dataclass
class Table:
    """What became of a file."""

    csv: CleanCsv
    #: without the header
    text: str

    @property
    def rows(self) -> list[list[str]]:
        return list(csv.reader(self.text.splitlines(keepends=True)))


ReadDocument = Callable[..., Table]


@pytest.fixture
def read_document(publish: Publish, said: Said) -> ReadDocument:
    """Read a file, whose format its content tells."""

    def read(content: bytes | str, *, name: str = "file", format: str = "", **options: Any) -> Table:
        data = content.encode() if isinstance(content, str) else content
        ticket, source = publish(data, format=format, name=name, options=ReadOptions(**options))
        kind = formats.detect(source, ticket.format)
        assert isinstance(kind, Apart)
        work = formats.Work(dir=ticket.work_dir, log=said, options=ticket.options, format=format)
        found = kind.read(source, work)
        return Table(found, found.path.read_text(encoding="utf-8").split("\n", 1)[1])

    return read
