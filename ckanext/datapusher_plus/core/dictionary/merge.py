"""Which comment wins when two places describe the same column; every such rule of the plugin is here.

Two units are in use:

- *Whole*: one comment is taken as it is and the other is ignored. It may be any text, and survives byte for byte.
- *Key by key*: each label, note or other key is judged alone, so that a description is completed, not replaced.

A column whose comment is ``None`` has none; an empty label that CKAN's form has saved is a comment, too. When a removed
column has the name of an existing one, the existing one wins (`Dictionary.by_name`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .comment import (
    Content,
    as_comment,
    content_of,
    is_blank,
    label_comment,
    parse_comment,
    without_blanks,
    without_label,
)
from .model import Column, Dictionary


def fill_keys(here: str | None, older: str | None) -> str | None:
    """Merge key by key: ``here`` wins, and ``older`` adds the keys that are empty here.

    A comment that is plain text has no keys, so it wins or loses whole.
    """
    mine_filled, older_filled = content_of(here), content_of(older)
    if not mine_filled or not older_filled:
        return here if mine_filled or not older_filled else older
    if isinstance(mine_filled, str) or isinstance(older_filled, str):
        return here
    mine = parse_comment(here)
    both = _fill_keys(mine, older_filled)
    return here if both == mine else as_comment(both)


def _fill_keys(mine: Content, before: Content) -> Content:
    both = dict(mine)
    for key, value in before.items():
        present = both.get(key)
        if is_blank(present) or (isinstance(present, dict) and not without_blanks(present)):
            both[key] = value
        elif isinstance(present, dict) and isinstance(value, dict):
            both[key] = _fill_keys(present, value)
    return both


def heading_as_label(kept: str | None, heading: str) -> str | None:
    """Merge key by key: what people wrote wins; the file's heading becomes the label only where there is none."""
    return fill_keys(kept, label_comment(heading))


def bring_back(now: str | None, then: str | None, *, overwrite: bool) -> str | None:
    """Merge today's comment with an earlier one that a person wants back.

    To overwrite, the earlier one wins whole, even if it is empty. Otherwise today's wins, key by key.
    """
    return then if overwrite else fill_keys(now, then)


def describe(now: str | None, entries: Mapping[str, Any], *, overwrite: bool) -> str | None:
    """Merge key by key entries that a person sets now, such as ``label``, into the comment's ``_info``.

    To overwrite, they win, and an empty one clears its key. Otherwise they only fill keys that are empty. All other
    keys stay, also those of other plugins. A comment that is plain text becomes the notes when entries are added.
    """
    found = content_of(now)
    comment = parse_comment(now)
    info = comment.get("_info")
    kept = dict(info) if isinstance(info, dict) else {}
    if isinstance(found, str) and found:
        kept = {"notes": found}
    chosen = {key: value for key, value in entries.items() if overwrite or is_blank(kept.get(key))}
    if all(kept.get(key, "") == value for key, value in chosen.items()):
        return now
    return as_comment({**comment, "_info": {**kept, **chosen}})


def carry_over(new: Column, old: Column, is_heading: Callable[[str, str], bool]) -> str | None:
    """Merge key by key, after a rename: what people wrote about ``new`` wins, then what they wrote about ``old``.

    A label that only repeats the heading of its column was written by a load, so it comes last; such a label of ``old``
    is left out.
    """
    by_people = fill_keys(written_by_people(new, is_heading), written_by_people(old, is_heading))
    return fill_keys(by_people, new.comment)


def written_by_people(column: Column, is_heading: Callable[[str, str], bool]) -> str | None:
    """Return a column's comment without a label that only repeats its heading."""
    label = column.info.get("label")
    if not isinstance(label, str) or not is_heading(label, column.name):
        return column.comment
    return without_label(column.comment)


def missing_comments(live: Dictionary, older: Dictionary) -> dict[str, str]:
    """Return the whole comments of ``older`` for columns that have none in ``live``.

    The live table wins whole: people edit there, so a comment on it is newer, even one that they have emptied.
    """
    empty = {column.name for column in live.columns if column.comment is None}
    return {c.name: c.comment for c in older.columns if c.name in empty and c.comment is not None}


def filled(live: Dictionary, older: Dictionary) -> Dictionary:
    """Return the live dictionary with its `missing_comments`; everything else comes from the live one."""
    missing = missing_comments(live, older)
    return replace(live, columns=tuple(replace(c, comment=missing.get(c.name, c.comment)) for c in live.columns))


def surviving(live: Dictionary | None, stashed: Dictionary | None) -> Dictionary | None:
    """Return the dictionary that a load must carry on: the live table's, `filled` from the stash.

    The stash wins only without a live table: it is a copy from before an earlier load.
    """
    if live and stashed:
        return filled(live, stashed)
    return live or stashed


def live_over_planned(
    columns: Iterable[Column], live: Iterable[Column], planned: Mapping[str, str | None], seen: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Return the whole comment for each of the new table's ``columns``.

    A live comment that differs from the one that the plan has ``seen`` is an edit, so it is newer and wins. Otherwise
    the planned one wins: it has all of the live one, and perhaps the file's heading as the label (`heading_as_label`).
    """
    now = {column.name: column.comment for column in live if column.comment is not None}
    edited = {name: comment for name, comment in now.items() if comment != seen.get(name)}
    made = {name: comment for name, comment in planned.items() if comment is not None}
    known = {**now, **made, **edited}
    return {column.name: known.get(column.name) for column in columns}


def edits(now: Iterable[Column], old: Iterable[Column], by_run: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the whole comments that people have changed on the new table, for columns of the old one.

    They win over the old table's comments when it comes back, even where a comment was removed: an edit is newer.

    :param by_run: the comments that the run itself has set, which are not edits.
    """
    had = {column.name for column in old}
    return {c.name: c.comment for c in now if c.name in had and c.comment != by_run.get(c.name)}


def edited(old: Iterable[Column], changed: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the whole comment of each column of the old table: an edit (`edits`) wins over its own."""
    return {column.name: changed.get(column.name, column.comment) for column in old}


def remembered(kept: Iterable[Column], stashed: Iterable[Column]) -> tuple[Column, ...]:
    """Return what to remember about removed columns: what is already ``kept`` wins whole over the stash.

    The stash is from before its load; a person may have brought an earlier description back since.
    """
    known = {column.name: column for column in kept}
    for column in stashed:
        if column.comment is not None:
            known.setdefault(column.name, column)
    return tuple(known.values())
