"""A JSON document's table is its list of records; every record decides the columns, and numbers keep their digits."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.errors import (
    BadJson,
    NoRecords,
    NoSuchSheet,
    NothingToLoad,
    NotText,
    RecordTooLarge,
    TooManyColumns,
)
from ckanext.datapusher_plus.formats import json_stream
from tests.fix_documents import ReadDocument
from tests.fix_file import Analyse, Said

CKAN_ANSWER = {"success": True, "result": {"fields": [{"id": "a"}, {"id": "b"}], "records": [{"a": 1, "b": 2}]}}
SOCRATA = {"meta": {"view": {"columns": [{"name": "Ort", "id": 1}, {"name": "Zahl"}]}}, "data": [["Ulm", 1], ["Au", 2]]}


@pytest.mark.parametrize(
    ("document", "header", "text"),
    [
        ('[{"a": 1, "b": "x"}, {"c": 2, "a": null}]', "a b c", "1,x,\n,,2\n"),
        ('\ufeff [\n{"a": 1}\n]\n', "a", "1\n"),
        ('{"data": [{"a": 1}], "count": 1}', "a", "1\n"),
        ('{"meta": {"pages": [{"p": 1}, {"p": 2}]}, "results": [{"a": 1}]}', "a", "1\n"),
        ('{"few": [{"a": 1}], "most": [{"b": 1}, {"b": 2}]}', "b", "1\n2\n"),
        (json.dumps(CKAN_ANSWER), "a b", "1,2\n"),
        (json.dumps(SOCRATA), "Ort Zahl", "Ulm,1\nAu,2\n"),
        ('[["a", "b"], [1, 2], [3]]', "a b", "1,2\n3,\n"),
        ("[[1, 2], [3, 4]]", "column_1 column_2", "1,2\n3,4\n"),
        ('{"columns": ["a", "b"], "index": [0, 1], "data": [[1, 2], [3, 4]]}', "a b", "1,2\n3,4\n"),
        ('{"a": [1, 2], "b": ["x", null]}', "a b", "1,x\n2,\n"),
        ('{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', "a b", "1,x\n2,y\n"),
        ('{"first": {"a": 1, "b": 2}, "second": {"a": 3}}', "key a b", "first,1,2\nsecond,3,\n"),
        ('{"a": 1}\n{"b": 2}\n', "a b", "1,\n,2\n"),
        ('\x1e{"a": 1}\n\x1e{"a": 2}', "a", "1\n2\n"),
        ('{\n "a": 1\n}\n{\n "a": 2\n}', "a", "1\n2\n"),
        ("[1, 2]\n[3, 4]\n", "column_1 column_2", "1,2\n3,4\n"),
    ],
)
def test_the_list_of_records_is_found(document: str, header: str, text: str, read_document: ReadDocument) -> None:
    found = read_document(document, format="JSON")
    assert (" ".join(found.csv.header), found.text) == (header, text)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.10", "1.10"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e400", "1e400"),
        ("-0.0", "-0.0"),
        ("true", "true"),
        ("null", '""'),
        ("NaN", '""'),
        ('""', '""'),
        ('"a, b\\n\\"c\\""', '"a, b\n""c"""'),
        ('"\\u00e9\\ud83d\\ude00"', "é😀"),
        ('"x\\u0000y\\ud800"', "x�y�"),
        ('{"b": [1.50, {"é": null}], "b": true}', '"{""b"": [1.50, {""é"": null}], ""b"": true}"'),
        ("[]", "[]"),
    ],
)
def test_a_value_stays_what_was_published(value: str, field: str, read_document: ReadDocument) -> None:
    assert read_document(f'[{{"a": {value}}}]').text == f"{field}\n"


def test_what_could_not_be_kept_is_told(read_document: ReadDocument, said: Said) -> None:
    read_document('[{"a": NaN, "b": "\\u0000"}, null, {"a": 1, "a": -Infinity}]')
    told = " ".join(said.lines)
    for words in ("2 values that are no number", "1 records have a name twice", "1 records are null", "1 letters"):
        assert words in told


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        ('[{"a": 1},\n{"a": 2},\n]', BadJson, "line 3 .*comma stands before the closing bracket"),
        ('[{"a": 1},\n{"a": 2,}]', BadJson, "line 2"),
        ('[{"a": 1}\n{"a": 2}]', BadJson, "line 2 .*comma is missing"),
        ('[\n{"a": tru}]', BadJson, "line 2"),
        ("[{'a': 1}]", BadJson, "line 1 .*double quotes"),
        ('[{"a": 1}', BadJson, "ends in the middle"),
        ('[{"a": "x', BadJson, "line 1"),
        ('[{"a": "x\ny"}]', BadJson, "line break"),
        ('{"a": 1} trailing', BadJson, "line 1"),
        ('[{"a": 1},\n2]', BadJson, "line 2 .*not all objects"),
        ('[{"a": ' + "[" * 200_000, BadJson, "nested too deeply"),
        ('{"x":' * 200_000, BadJson, "nested too deeply"),
        ('{"error": "not found"}', NoRecords, "array of objects"),
        ('{"error": {"code": 404}}', NoRecords, "array of objects"),
        ('{"type": "Topology", "objects": {}}', NotText, "TopoJSON"),
        ("[]", NothingToLoad, "no records"),
        ('{"data": [], "fields": [{"id": "a"}]}', NothingToLoad, "no records"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(
    document: str, error: type[Exception], words: str, read_document: ReadDocument
) -> None:
    with pytest.raises(error, match=words):
        read_document(document)


def test_more_columns_than_a_table_has_are_refused_without_reading_them_all(read_document: ReadDocument) -> None:
    with pytest.raises(TooManyColumns):
        read_document("[" + ",".join(f'{{"k{n}": 1}}' for n in range(20_000)) + "]")


@pytest.mark.parametrize("sheet", ["result.fields", "fields"])
def test_another_list_is_read_when_asked_for(sheet: str, read_document: ReadDocument, said: Said) -> None:
    assert read_document(json.dumps(CKAN_ANSWER), sheet=sheet).text == "a\nb\n"
    assert "“result.records” (1)" in said.lines[0]
    # a number is meant for spreadsheets
    assert read_document(json.dumps(CKAN_ANSWER), sheet="0").text == "1,2\n"
    with pytest.raises(NoSuchSheet, match="result.fields"):
        read_document(json.dumps(CKAN_ANSWER), sheet="rows")


@pytest.mark.parametrize("how", [{"format": "NDJSON"}, {"name": "log.jsonl"}])
def test_one_object_is_a_record_where_records_stand_alone(how: dict[str, str], read_document: ReadDocument) -> None:
    assert read_document('{"a": 1, "tags": ["x"]}', **how).text == '1,"[""x""]"\n'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_read(encoding: str, read_document: ReadDocument) -> None:
    assert read_document('[{"ä": "ö"}]'.encode(encoding), format="JSON").text == "ö\n"


def test_records_and_pieces_may_be_of_any_length(read_document: ReadDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_PIECE", 16)
    records = [{"id": 10**n, "text": "é" * n, "more": [n, {"n": n + 0.5}]} for n in range(40)]
    document = json.dumps({"about": {"many": True}, "items": records}, ensure_ascii=False, indent=1)
    found = read_document(document)
    assert found.rows == [[str(r["id"]), str(r["text"]), json.dumps(r["more"])] for r in records]


LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | LETTERS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    records=st.lists(st.dictionaries(LETTERS, VALUES, min_size=1, max_size=4), min_size=1, max_size=5),
    layout=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    piece=st.integers(1, 40),
)
def test_any_records_come_back(records, layout, ascii_only, piece, read_document, monkeypatch) -> None:
    monkeypatch.setattr(json_stream, "_PIECE", piece)
    found = read_document(json.dumps(records, indent=layout, ensure_ascii=ascii_only), format="JSON")
    assert set(found.csv.header) == {name for record in records for name in record}
    for record, row in zip(records, found.rows, strict=True):
        for name, field in zip(found.csv.header, row, strict=True):
            value = record.get(name)
            assert field == (
                value or "" if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            )


def test_a_record_that_is_too_long_is_named_by_its_line(
    read_document: ReadDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "_PIECE", 16)
    monkeypatch.setattr(json_stream, "LONGEST_RECORD", 1000)
    with pytest.raises(RecordTooLarge, match="line 2 "):
        read_document('[{"a": 1},\n{"a": "' + "x" * 5000 + '"}]')


def test_records_are_analysed_like_any_rows(analyse: Analyse, said: Said) -> None:
    found = analyse(b'[{"n": 1, "t": "2026-01-02"}, {"n": 2.5, "t": null}]', format="JSON", name="x.json")
    assert found.rows == 2
    assert found.csv.counts == "record"
    assert [(c.decimals, c.dates) for c in found.columns] == [(2, 0), (0, 1)]
