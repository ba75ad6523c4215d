"""What a column's comment says, whoever wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from ckanext.datapusher_plus.core.dictionary.comment import content_of, label_comment, lines, parse_comment
from ckanext.datapusher_plus.core.dictionary.merge import fill_keys
from tests.fix_stash import comments, texts

DEEP = " " + '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        (None, {}),
        ("", {}),
        (' {"_info":{"label":"","notes":" ","type_override":null},"plugin":{"units":[]}}', {}),
        (' {"_info":{"label":"A","notes":""}}', {"_info": {"label": "A"}}),
        ('{"label":"A"}', {"_info": {"label": "A"}}),
        (' {"plugin":{"public":false,"weight":0}}', {"plugin": {"public": False, "weight": 0}}),
        ("since 2019 ", "since 2019"),
        ('"text"', '"text"'),
        ("[]", ""),
        ("null", ""),
        ("[1]", "[1]"),
    ],
)
def test_what_nobody_filled_in_is_not_said(comment: str | None, expected: object) -> None:
    assert (content_of(comment) or None) == (expected or None)


@given(comment=comments)
def test_any_comment_can_be_told_and_stored(comment: str | None) -> None:
    for key, text in lines(comment):
        assert isinstance(key, str)
        assert isinstance(text, str)
    merged = fill_keys(' {"_info":{"label":"here"}}', comment)
    assert merged is not None
    merged.encode()
    assert parse_comment(merged)["_info"]["label"] == "here"


@given(label=texts)
def test_a_label_is_told_as_it_is(label: str) -> None:
    assert parse_comment(label_comment(label)) == {"_info": {"label": label}}


@pytest.mark.parametrize("hostile", [DEEP, " " + json.dumps({"a": "x"})[:-1], " [" + "9" * 5000 + "]", " \ud800"])
def test_a_comment_that_cannot_be_read_is_somebodys_own_text(hostile: str) -> None:
    assert content_of(hostile)
    assert fill_keys(hostile, ' {"_info":{"label":"A"}}') == hostile
    assert len(list(lines(hostile))) == 1
