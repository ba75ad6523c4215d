"""What a column's comment says, whoever wrote it, and how one is filled from another."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from ckanext.datapusher_plus.core.dictionary.comment import filled, label_comment, lines, parse_comment, said
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
    assert (said(comment) or None) == (expected or None)


@pytest.mark.parametrize(
    ("here", "older", "expected"),
    [
        (None, ' {"_info":{"label":"A"}}', ' {"_info":{"label":"A"}}'),
        (' {"_info":{"label":""}}', '{"label":"A"}', '{"label":"A"}'),
        ("", "since 2019", "since 2019"),
        ("since 2020", "since 2019", "since 2020"),
        ("since 2020", ' {"_info":{"label":"A"}}', "since 2020"),
        (' {"_info":{"label":"B"}}', "since 2019", ' {"_info":{"label":"B"}}'),
        (
            ' {"_info":{"label":"B","notes":""},"x":1}',
            ' {"_info":{"label":"A","notes":"N"},"x":2,"y":{"z":"ü"}}',
            ' {"_info":{"label":"B","notes":"N"},"x":1,"y":{"z":"ü"}}',
        ),
        ('{"label":"B"}', ' {"_info":{"notes":"N"}}', ' {"_info":{"label":"B","notes":"N"}}'),
        (' {"a":{"b":{"c":""}}}', ' {"a":{"b":{"c":"C"}},"d":"D"}', ' {"a":{"b":{"c":"C"}},"d":"D"}'),
    ],
)
def test_older_words_are_filled_in_key_by_key(here: str | None, older: str, expected: str) -> None:
    assert filled(here, older) == expected


def within(inner: object, outer: object) -> bool:
    """Tell whether all that ``inner`` says is said in ``outer`` too."""
    if isinstance(inner, dict) and isinstance(outer, dict):
        return all(key in outer and within(value, outer[key]) for key, value in inner.items())
    return inner == outer


@given(here=comments, older=comments)
def test_filling_takes_no_word_away_and_is_done_once(here: str | None, older: str | None) -> None:
    both = filled(here, older)
    assert within(said(here) or {}, said(both)) or not said(here)
    assert filled(both, older) == both
    assert filled(here, here) == filled(here, None) == here
    if not said(here) and said(older):
        assert both == older


@given(here=comments, older=comments)
def test_every_older_word_is_said_where_there_was_room(here: str | None, older: str | None) -> None:
    both, before = said(filled(here, older)), said(older)
    if isinstance(both, dict) and isinstance(before, dict):
        assert before.keys() <= both.keys()


@given(comment=comments)
def test_any_comment_can_be_told_and_stored(comment: str | None) -> None:
    for key, text in lines(comment):
        assert isinstance(key, str)
        assert isinstance(text, str)
    merged = filled(' {"_info":{"label":"here"}}', comment)
    assert merged is not None
    merged.encode()
    assert parse_comment(merged)["_info"]["label"] == "here"


@given(label=texts)
def test_a_label_is_told_as_it_is(label: str) -> None:
    assert parse_comment(label_comment(label)) == {"_info": {"label": label}}


@pytest.mark.parametrize("hostile", [DEEP, " " + json.dumps({"a": "x"})[:-1], " [" + "9" * 5000 + "]", " \ud800"])
def test_a_comment_that_cannot_be_read_is_somebodys_own_text(hostile: str) -> None:
    assert said(hostile)
    assert filled(hostile, ' {"_info":{"label":"A"}}') == hostile
    assert len(list(lines(hostile))) == 1
