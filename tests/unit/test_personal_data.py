"""Personal data is found by patterns and believed by checks; codes and numbers are not taken for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import BadPatterns, ValueDoesNotFit
from ckanext.datapusher_plus.core.message import say
from ckanext.datapusher_plus.core.personal_data import patterns
from ckanext.datapusher_plus.core.personal_data.detectors import BUILT_IN, SHORTEST, Detector, columns_for
from ckanext.datapusher_plus.core.personal_data.findings import (
    Found,
    Mode,
    consequence,
    from_json,
    is_covered,
    judged,
    merged,
    mode_of,
    sentence,
    to_json,
)
from ckanext.datapusher_plus.core.values import Analysed, CleanCsv, ColumnProfile
from ckanext.datapusher_plus.engines import DuckdbEngine, Sought
from ckanext.datapusher_plus.steps.screen import Screened
from tests.fix_file import Said

DP_PLUS = r"""(?x)(?:\d{3}-\d{2}-\d{4}) #SSN
(?x)5[1-5]\d{2}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4} #Mastercard
(?x)[A-Z]{2}\d{2}[A-Z0-9]{4}\d{7}([A-Z\d]?){0,16} #IBAN
(?x)[\w.+-]+@[\w-]+(?:\.[\w-]+)+ #Email
"""


def found_in(folder: Path, heading: str, *values: str, known: tuple[Detector, ...] = BUILT_IN) -> list[Found]:
    """Return what a table of two columns has, whose second one is the given one."""
    path = folder / "table.csv"
    quoted = "".join(f'x,"{value}"\n' for value in values)
    path.write_text(f"name,{heading}\n{quoted}", encoding="utf-8")
    header = ("name", heading)
    csv = CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8")
    sought = [Sought(pattern=each.pattern, positions=columns_for(each, header)) for each in known]
    hits = DuckdbEngine(work_dir=folder).search(csv, sought, shortest=SHORTEST, most=1000)
    judged_hits = (judged(known[hit.sought], header[hit.position], hit.count, hit.first) for hit in hits)
    return list(merged(found for found in judged_hits if found))


def kinds(found: list[Found]) -> set[str]:
    return {each.detector for each in found}


@pytest.mark.parametrize(
    ("value", "detector"),
    [
        ("123-45-6789", "ssn"),
        ("SSN: 123-45-6789.", "ssn"),
        ("4111 1111 1111 1111", "card"),
        ("paid by 4111111111111111, thanks", "card"),
        ("378282246310005", "card"),
        ("5555-5555-5555-4444", "card"),
        ("first 4111 1111 1111 1112, then 4111 1111 1111 1111", "card"),
        ("DE89370400440532013000", "iban"),
        ("de89 3704 0044 0532 0130 00 of Alice", "iban"),
        ("AT61 1904 3002 3457 3201 paid 1", "iban"),
        ("a@b.co", "email"),
        ("Zoë <zoë@exämple.org>", "email"),
        ("+49 30 901820", "phone"),
        ("(212) 555-0123", "phone"),
        ("131052-308T", "id-fi"),
        ("RSSMRA85T10A562S", "id-it"),
        ("54362315-K", "id-es"),
        ("111.444.777-35", "id-br"),
        ("1 84 12 76 451 089 46", "id-fr"),
        ("756.9217.0769.85", "id-ch"),
        ("971013-9019999", ""),
        ("4111 1111 1111 1112", ""),
        ("DE88370400440532013000", ""),
        ("000-12-3456", ""),
        ("987654321", ""),
        ("0.4111111111111111", ""),
        ("-4111111111111111", ""),
        ("+48.856614", ""),
        ("logo@2x.png", ""),
        ("2013-01-01T05:00:00Z", ""),
        ("6bd0a8a4-5b2e-4b0c-9f0e-0f5a1d4f2f0e", ""),
        ("978-3-16-148410-0", ""),
        ("192.168.100.200", ""),
    ],
)
def test_values_are_known_by_form_and_check(value: str, detector: str, tmp_path: Path) -> None:
    assert kinds(found_in(tmp_path, "value", value)) == ({detector} if detector else set())


@pytest.mark.parametrize(
    ("heading", "value", "detector"),
    [
        ("customerSSN", "123456789", "ssn"),
        ("code", "123456789", ""),
        ("Phone number", "030 901820", "phone"),
        ("telefon_privat", "0171/2345678", "phone"),
        ("order number", "030 901820", ""),
        ("BSN", "111222333", "id-nl"),
        ("bsn", "111222334", ""),
        ("PESEL", "44051401359", "id-pl"),
        ("Steuer-ID", "36 574 261 809", "id-de"),
        ("NHS number", "943 476 5919", "id-gb"),
        ("sin", "0.12345678", ""),
        ("national_id", "44051401359", "id-pl"),
        ("phonetic", "123456789", ""),
    ],
)
def test_a_heading_says_what_bare_digits_are(heading: str, value: str, detector: str, tmp_path: Path) -> None:
    assert kinds(found_in(tmp_path, heading, value)) == ({detector} if detector else set())


def test_a_finding_has_column_count_and_rows_and_no_value(tmp_path: Path) -> None:
    found = found_in(tmp_path, "note", "none", "123-45-6789", "x", "call 987-65-4320, 219-12-0001", "a@b.co")
    ssn = Found(detector="ssn", column="note", count=2, first_rows=(2, 4))
    assert found == [Found(detector="email", column="note", count=1, first_rows=(5,)), ssn]
    assert ssn.clause == "US social security numbers in the column “note” (2 values, first in rows 2, 4)"
    assert from_json(json.loads(json.dumps(to_json(found)))) == tuple(found)
    assert "123" not in sentence(found) + json.dumps(to_json(found))


def test_codes_of_which_one_in_ten_passes_by_chance_are_no_cards(tmp_path: Path) -> None:
    codes = [f"4111111111{number:06}" for number in range(0, 900_000, 601)]
    assert kinds(found_in(tmp_path, "code", *codes)) == set()


def test_more_candidates_than_are_checked_are_at_least_so_many(tmp_path: Path) -> None:
    [found] = found_in(tmp_path, "card", *["4111 1111 1111 1111"] * 1500)
    assert (found.count, found.at_least, found.first_rows) == (1000, True, (1, 2, 3, 4, 5))
    [email] = found_in(tmp_path, "mail", *["a@b.co"] * 1500)
    assert (email.count, email.at_least) == (1000, True)


def test_the_file_of_datapusher_plus_is_read(tmp_path: Path) -> None:
    known = patterns.detectors(DP_PLUS)
    assert [each.name for each in known] == ["SSN", "Mastercard", "IBAN", "Email"]
    found = found_in(tmp_path, "v", "000-00-0000", "someone@example.org", "5500 0000 0000 0000", known=known)
    assert kinds(found) == {"SSN", "Email", "Mastercard"}


@pytest.mark.parametrize(
    ("line", "pattern", "name"),
    [
        ("secret-\\d+", "secret-\\d+", "pattern 1"),
        ("(?x) a b # two  words", "ab", "two words"),
        ("(?x) a\\ b [ #] \\# c", "a b[#]\\#c", "pattern 1"),
        ("\ufeff(?x)[A-Z]{2} #IBAN", "[A-Z]{2}", "IBAN"),
    ],
)
def test_verbose_patterns_become_plain_ones(line: str, pattern: str, name: str) -> None:
    assert patterns.detectors(line) == (Detector(name=name, pattern=pattern, line=1),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no patterns"),
        ("# only a comment\n\n", "it has no patterns"),
        ("a\n" * 201, "it has 201 patterns, and at most 200 are allowed"),
        ("a\n" + "b" * 1001, "line 2 is longer than 1,000 characters"),
        ("(?x) # label only", "line 1 has no pattern"),
    ],
)
def test_a_file_of_patterns_that_cannot_be_used_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(BadPatterns, match=why) as raised:
        patterns.detectors(text)
    assert raised.value.public.startswith("The file could not be screened")


@pytest.mark.parametrize(
    ("given", "screening", "abort", "threshold", "mode"),
    [
        ("", False, False, 0, Mode.OFF),
        ("", False, True, 5, Mode.OFF),
        ("", True, False, 0, Mode.REPORT),
        ("", True, True, 5, Mode.ABORT),
        ("", True, False, 5, Mode.REVIEW),
        ("review", False, False, 0, Mode.REVIEW),
        ("off", True, True, 5, Mode.OFF),
    ],
)
def test_datapusher_pluss_options_mean_a_mode(
    given: str, screening: bool, abort: bool, threshold: int, mode: Mode
) -> None:
    assert mode_of(given, screening=screening, abort=abort, threshold=threshold) is mode


@pytest.mark.parametrize(
    ("mode", "count", "quick", "then"),
    [
        (Mode.REVIEW, 5, False, Mode.REPORT),
        (Mode.REVIEW, 6, False, Mode.REVIEW),
        (Mode.REVIEW, 1, True, Mode.REVIEW),
        (Mode.ABORT, 1, False, Mode.ABORT),
        (Mode.REPORT, 1, False, Mode.REPORT),
        (Mode.ABORT, 0, False, Mode.OFF),
    ],
)
def test_up_to_the_threshold_nobody_is_asked(mode: Mode, count: int, quick: bool, then: Mode) -> None:
    found = [Found(detector="ssn", column="a", count=count)] if count else []
    assert consequence(mode, found, threshold=5, quick=quick) is then


def test_an_approval_covers_what_was_approved_and_no_more() -> None:
    approved = [Found(detector="ssn", column="a", count=1)]
    assert is_covered([Found(detector="ssn", column="a", count=9)], approved)
    assert not is_covered([*approved, Found(detector="email", column="a", count=1)], approved)


def test_no_error_and_no_note_quotes_a_value_of_a_column_with_personal_data() -> None:
    screened = Screened(found=(Found(detector="ssn", column="note", count=1),))
    for column, quotes in (("note", False), ("other", True)):
        with pytest.raises(ValueDoesNotFit) as raised, screened.without_values():
            raise ValueDoesNotFit(column, "123-45-6789 {}", "numeric", 7)
        assert ("123" in str(raised.value)) == quotes
        assert str(raised.value).startswith(f"In row 7, column “{column}” the value")


def test_no_line_of_the_log_quotes_a_sample_of_such_a_column(said: Said) -> None:
    screened = Screened(found=(Found(detector="ssn", column="note", count=1),))
    columns = tuple(
        ColumnProfile(
            name=name, header=name, values=1, integers=0, decimals=0, exponents=0, dates=0, timestamps=0, zoned=0,
            max_length=9, samples=(sample,),
        )
        for name, sample in (("note", " 123.456.789 "), ("other", "1.234"))
    )  # fmt: skip
    csv = CleanCsv(path=Path("x"), header=("note", "other"), format="CSV", encoding="UTF-8")
    log = screened.quiet(Analysed(csv=csv, rows=1, columns=columns), said)
    log.warning("Numbers such as “123.456.789” or “1.234” can be read in two ways.")
    log.warning(say("Numbers such as {value}.", value="“123.456.789”"))
    log.info(say("Numbers such as “{value}”.", value="123.456.789"))
    assert said.lines == [
        "Numbers such as “…” or “1.234” can be read in two ways.",
        "Numbers such as “…”.",
        "Numbers such as “…”.",
    ]
    # the second can still be translated
    assert [getattr(line, "values", None) for line in said.lines] == [None, {"value": "“…”"}, None]
