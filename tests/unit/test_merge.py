"""Which comment wins, and that no merge loses one that should win."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.dictionary.comment import content_of, parse_comment
from ckanext.datapusher_plus.core.dictionary.merge import (
    bring_back,
    carry_over,
    describe,
    edited,
    edits,
    fill_keys,
    filled,
    heading_as_label,
    live_over_planned,
    missing_comments,
    remembered,
    surviving,
    written_by_people,
)
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from tests.fix_stash import columns, comments, dictionaries, distinct, texts

WRITTEN = Column(name="a", type="text", comment=' {"_info":{"label":"A"}}')
OTHER = replace(WRITTEN, comment=' {"_info":{"label":"Another"}}')
EMPTIED = replace(WRITTEN, comment=' {"_info":{}}')
BARE = replace(WRITTEN, comment=None)


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
def test_older_keys_fill_those_that_say_nothing(here: str | None, older: str, expected: str) -> None:
    assert fill_keys(here, older) == expected


@pytest.mark.parametrize(
    ("now", "overwrite", "expected"),
    [
        (None, False, {"_info": {"label": "A"}}),
        (' {"_info":{"label":"B"},"x":1}', False, {"_info": {"label": "B"}, "x": 1}),
        (' {"_info":{"label":"B","notes":"N"},"x":1}', True, {"_info": {"label": "A", "notes": "N"}, "x": 1}),
        (' {"_info":{"label":""}}', False, {"_info": {"label": "A"}}),
        ("since 2020", False, {"_info": {"notes": "since 2020", "label": "A"}}),
    ],
)
def test_a_description_sets_its_own_keys_only(now: str | None, *, overwrite: bool, expected: object) -> None:
    assert parse_comment(describe(now, {"label": "A"}, overwrite=overwrite)) == expected


def within(inner: object, outer: object) -> bool:
    """Return whether all that ``inner`` says is said in ``outer`` too."""
    if isinstance(inner, dict) and isinstance(outer, dict):
        return all(key in outer and within(value, outer[key]) for key, value in inner.items())
    return inner == outer


@given(here=comments, older=comments)
def test_to_fill_keys_removes_nothing_and_changes_nothing_the_second_time(here: str | None, older: str | None) -> None:
    both = fill_keys(here, older)
    assert within(content_of(here) or {}, content_of(both)) or not content_of(here)
    assert fill_keys(both, older) == both
    assert fill_keys(here, here) == fill_keys(here, None) == here
    if not content_of(here) and content_of(older):
        assert both == older


@given(here=comments, older=comments)
def test_every_older_key_is_there_afterwards(here: str | None, older: str | None) -> None:
    both, before = content_of(fill_keys(here, older)), content_of(older)
    if isinstance(both, dict) and isinstance(before, dict):
        assert before.keys() <= both.keys()


@pytest.mark.parametrize(
    ("here", "older", "expected"),
    [
        (BARE, WRITTEN, WRITTEN.comment),
        (WRITTEN, OTHER, WRITTEN.comment),
        (EMPTIED, WRITTEN, EMPTIED.comment),
        (BARE, replace(WRITTEN, name="b"), None),
    ],
)
def test_a_whole_comment_fills_only_a_column_without_one(here: Column, older: Column, expected: str | None) -> None:
    both = filled(Dictionary(columns=(here,)), Dictionary(columns=(older,)))
    assert [column.comment for column in both.columns] == [expected]


@given(here=dictionaries, older=dictionaries)
def test_to_fill_whole_comments_loses_none_and_invents_none(here: Dictionary, older: Dictionary) -> None:
    both = filled(here, older)
    then = {column.name: column.comment for column in older.columns}
    for before, after in zip(here.columns, both.columns, strict=True):
        assert after == (before if before.comment is not None else replace(before, comment=then.get(before.name)))
    assert replace(both, columns=here.columns) == here
    assert filled(both, older) == both
    assert missing_comments(both, older) == {}


@given(here=dictionaries, older=dictionaries)
def test_the_stash_survives_whole_only_without_a_table(here: Dictionary, older: Dictionary) -> None:
    assert surviving(here, None) == here
    assert surviving(None, older) == older
    assert surviving(here, older) == filled(here, older)
    assert surviving(None, None) is None


@given(kept=comments, heading=texts.filter(str.strip))
def test_a_heading_becomes_the_label_only_where_people_wrote_none(kept: str | None, heading: str) -> None:
    merged = heading_as_label(kept, heading)
    if isinstance(before := content_of(kept), str) and before:
        assert merged == kept
        return
    info = before.get("_info", {}) if isinstance(before, dict) else {}
    label = info.get("label", heading) if isinstance(info, dict) else None
    assert within(before or {}, content_of(merged))
    assert label is None or parse_comment(merged)["_info"]["label"] == label


@given(now=comments, then=comments)
def test_an_earlier_comment_replaces_todays_whole_only_when_asked_to(now: str | None, then: str | None) -> None:
    assert bring_back(now, then, overwrite=True) == then
    assert bring_back(now, then, overwrite=False) == fill_keys(now, then)


@given(new=columns, old=columns, by_load=st.booleans())
def test_a_renamed_column_keeps_its_own_description(new: Column, old: Column, by_load: bool) -> None:
    mine = content_of(written_by_people(new, lambda *_: by_load))
    merged = carry_over(new, old, lambda *_: by_load)
    assert not mine or within(mine, content_of(merged))
    if not by_load:
        assert merged == fill_keys(new.comment, old.comment)


planned_comments = st.dictionaries(texts | st.just("a"), comments)


@given(new=distinct(4), live=distinct(4), planned=planned_comments)
def test_an_edited_live_comment_wins_whole_over_the_planned(
    new: tuple[Column, ...], live: tuple[Column, ...], planned: dict[str, str | None]
) -> None:
    now = {column.name: column.comment for column in live if column.comment is not None}
    assert live_over_planned(new, live, planned, {}) == {c.name: {**planned, **now}.get(c.name) for c in new}


@given(live=distinct(4), planned=planned_comments)
def test_the_planned_comment_wins_where_nobody_has_edited_the_live_one(
    live: tuple[Column, ...], planned: dict[str, str | None]
) -> None:
    seen = {column.name: column.comment for column in live}
    made = {name: comment for name, comment in planned.items() if comment is not None}
    assert live_over_planned(live, live, planned, seen) == {name: {**seen, **made}[name] for name in seen}


@given(old=distinct(4), new=distinct(4), edit=comments)
def test_an_edit_on_the_new_table_wins_over_the_old_comment(
    old: tuple[Column, ...], new: tuple[Column, ...], edit: str | None
) -> None:
    by_run = {column.name: column.comment for column in new}
    assert edits(new, old, by_run) == {}
    before = {column.name: column.comment for column in old}
    assert edited(old, {}) == before
    for column in new:
        changed = edits([replace(column, comment=edit)], old, by_run)
        expected = edit if edit != column.comment else before.get(column.name)
        assert edited(old, changed) == {**before, **({column.name: expected} if column.name in before else {})}


@given(kept=distinct(4), stashed=distinct(4))
def test_what_is_remembered_wins_over_the_stash(kept: tuple[Column, ...], stashed: tuple[Column, ...]) -> None:
    found = remembered(kept, stashed)
    assert found[: len(kept)] == kept
    names = {column.name for column in kept}
    assert found[len(kept) :] == tuple(c for c in stashed if c.name not in names and c.comment is not None)
