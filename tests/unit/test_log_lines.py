"""What the worker logs: lines that nobody can forge, addresses without secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from ckanext.datapusher_plus.fetch.redact import escaped, redacted_within
from ckanext.datapusher_plus.flow import logs


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What a logger of a library writes, with a formatter of its own."""
    before = logging.getLogRecordFactory()
    logs.clean()
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("a.library")
    logger.addHandler(handler)
    yield handler.stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://u:p@example.org/a.csv?sig=abc&x=1 failed", "GET https://example.org/a.csv?… failed"),
        ("Max retries exceeded with url: /a.csv?sv=1&sig=abc", "Max retries exceeded with url: /a.csv?…"),
        ("('https://a.org/?token=x', 3)", "('https://a.org/?…', 3)"),
        ("<https://a.org/x?a=b> <https://b.org/?c=d>", "<https://a.org/x?…> <https://b.org/?…>"),
        ("postgresql://ckan:p%2Fw@db/ckan", "postgresql://db/ckan"),
        ("http://proxy/http://u:p@example.org/", "http://proxy/http://example.org/"),
        ("Who? x=1 mail@example.org", "Who? x=1 mail@example.org"),
        ("ünïcode stays", "ünïcode stays"),
    ],
)
def test_addresses_have_no_secrets(text: str, shown: str) -> None:
    assert redacted_within(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CSV\n2026-01-01 INFO forged", "CSV\\n2026-01-01 INFO forged"),
        ("\x1b[2Jgone\r", "\\x1b[2Jgone\\r"),
        ("\u202etxt.exe\u2066", "\\u202etxt.exe\\u2066"),
        ("a\u2028b\x85c\ud800", "a\\u2028b\\x85c\\ud800"),
        ("Zürich ✓", "Zürich ✓"),
    ],
)
def test_characters_that_end_lines_or_steer_terminals_are_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_one_record_is_one_line_whatever_is_in_it(logged: StringIO) -> None:
    logging.getLogger("a.library").warning("format %s of %s", "CSV\nERROR forged", "http://a.org/?sig=abc")
    assert logged.getvalue() == "WARNING format CSV\\nERROR forged of http://a.org/?…\n"


def test_a_traceback_forges_no_line_and_tells_no_signature(logged: StringIO) -> None:
    error = OSError("cannot read https://a.org/x?sig=abc\nERROR forged\x1b[2J")
    logging.getLogger("a.library").error("failed", exc_info=error)
    first, *lines = logged.getvalue().splitlines()
    assert first == "ERROR failed"
    assert lines == ["    OSError: cannot read https://a.org/x?…", "    ERROR forged\\x1b[2J"]
    assert all(line.startswith("    ") for line in lines)
