"""The list of rejected rows in another language, row by row, with what is in the rows untouched."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ckanext.datapusher_plus.core.message import Message
from ckanext.datapusher_plus.core.quarantine import BOM, HEADER, MOST_FIELDS, misfit, wrong_number
from ckanext.datapusher_plus.core.rejected_list import in_other_words, reason_of
from ckanext.datapusher_plus.core.types.pg_types import PG_TYPES
from ckanext.datapusher_plus.core.types.plain_names import plain_name

REASONS = [
    *(misfit(plain_name(pg_type)) for pg_type in (*PG_TYPES, "circle", "a, b")),
    *(wrong_number(found, expected) for found in (1, 3, 12_345, MOST_FIELDS) for expected in (1, 1_598)),
]
HEADINGS = ("Zeile", "Spalte", "Wert", "Grund, kurz", "Ganze Zeile")


def translated(message: Message) -> str:
    return f"DE, {message.key}"


def in_german(content: bytes) -> bytes:
    return b"".join(in_other_words(io.BytesIO(content).read, HEADINGS, translated))


def listed(rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([header, *rows])
    return BOM + out.getvalue().encode()


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_known_by_its_english_text(reason: Message) -> None:
    found = reason_of(str(reason))
    assert found is not None
    assert (found, found.key, dict(found.values)) == (reason, reason.key, dict(reason.values))


@pytest.mark.parametrize("text", ["", "The row has", "The value is not nice, as the Data Dictionary asks for.", "x"])
def test_other_texts_are_not_reasons(text: str) -> None:
    assert reason_of(text) is None


LONG = "x" * 300_000 + '"'
ROWS: list[tuple[str, ...]] = [
    ("2", "age", "a,b", str(misfit(plain_name("numeric"))), '1,"two\r\nlines"'),
    ("3", "", "", str(wrong_number(1, 2)), str(misfit(plain_name("date")))),
    ("4", "", LONG, "Unknown words, of a later version.", LONG * 3),
    ("5", "Größe", "", str(wrong_number(3, 2)), ""),
]


def test_headings_and_reasons_are_translated_and_all_else_stays() -> None:
    known = [reason_of(row[3]) for row in ROWS]
    assert list(map(bool, known)) == [True, True, False, True]
    german = [translated(reason) if reason else row[3] for reason, row in zip(known, ROWS, strict=True)]
    expected = listed([(*row[:3], text, row[4]) for row, text in zip(ROWS, german, strict=True)], HEADINGS)
    # pytest would compare the long texts letter by letter
    assert (in_german(listed(ROWS)) == expected) is True


@pytest.mark.parametrize("content", [b"", BOM, b"a,b\r\n1,2\r\n", b'\xef\xbb\xbfline,column,"cut'])
def test_what_is_not_such_a_list_is_passed_on(content: bytes) -> None:
    assert in_german(content) == content


def test_a_list_that_is_cut_off_loses_nothing() -> None:
    whole: Any = listed(ROWS[:2])
    assert in_german(whole[:-4]).endswith(whole[-50:-4])
