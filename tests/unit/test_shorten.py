"""Long values are cut, and nothing else of the table changes."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.engines.shorten import KEPT, shortened

VALUES = st.text(alphabet=st.sampled_from('ab",\n\ré'), max_size=12)


def written(rows: list[tuple[str, ...]], newline: str) -> bytes:
    """Write all values in quotes, which is right for any of them."""
    lines = (",".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows)
    return (newline.join(lines) + newline).encode()


@given(
    rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5),
    newline=st.sampled_from(["\n", "\r\n"]),
    piece=st.integers(1, 9),
)
def test_values_keep_their_beginning_and_their_place(rows: list[tuple[str, ...]], newline: str, piece: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(written(rows, newline))
        with shortened(path, kept=6, piece=piece).open(encoding="utf-8", newline="") as short:
            found = list(csv.reader(short))
    assert len(found) == len(rows)
    for row, cut in zip(rows, found, strict=True):
        for value, beginning in zip(row, cut, strict=True):
            assert value.startswith(beginning)
            # a quote is written as two
            assert len(beginning) == len(value) or len(beginning) >= 3


def test_short_tables_stay_byte_for_byte_as_they_are(tmp_path: Path) -> None:
    content = 'a,b\r\n,""\r\n"x, ""y""",' + "é" * KEPT + "\r\n"
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode())
    assert shortened(path).read_bytes() == content.encode()
