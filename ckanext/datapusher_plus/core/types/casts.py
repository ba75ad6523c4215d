"""The SQL that casts a column's raw text to its type; PostgreSQL's parsing ignores blanks around a value."""

from __future__ import annotations

from ..values import ColumnProfile
from .notations import Notation
from .patterns import BLANKS

_TRIMMED = "btrim({0}, E'" + BLANKS.encode("unicode_escape").decode() + "')"


def cast(
    profile: ColumnProfile, pg_type: str, notation: Notation, *, zoned: bool | None, nulls: tuple[str, ...]
) -> str:
    """Return the expression over ``{0}``, the raw text column.

    :param zoned: whether the times have a zone; None when some may have one.
    """
    if pg_type == "text":
        return "{0}"
    value = _value(profile, notation, nulls)
    if pg_type != "timestamp":
        return f"{value}::{pg_type}"
    utc, local = f"{value}::timestamptz AT TIME ZONE 'UTC'", f"{value}::timestamp"
    if zoned is not None:
        return utc if zoned else local
    # a person has set the type: a time without a zone is taken as UTC. A sign after a colon can only belong to a zone
    return f"CASE WHEN {{0}} ~ ':.*[-+ZUG]' THEN {utc} ELSE {local} END"


def _value(profile: ColumnProfile, notation: Notation, nulls: tuple[str, ...]) -> str:
    """Return the SQL for the text to cast; function calls that no row needs are left out."""
    if profile.nulls:
        bare = not profile.blanks and profile.nulls == sum(profile.null_words.values())
        text, words = ("{0}", tuple(profile.null_words)) if bare else (_TRIMMED, ("", *nulls))
        listed = ", ".join(map(_literal, words))
        return f"CASE WHEN {text} NOT IN ({listed}) THEN {_filled(notation.sql, '{0}')} END"
    # PostgreSQL cannot cast '' or blanks, so they become NULL
    return _filled(notation.sql, f"nullif({_TRIMMED}, '')" if profile.blanks else "{0}")


def _filled(template: str, value: str) -> str:
    before, after = template.split("{0}")
    return f"{_braced(before)}{value}{_braced(after)}"


def _literal(word: str) -> str:
    return "'" + _braced(word.replace("'", "''")) + "'"


def _braced(text: str) -> str:
    """Return the text with its braces doubled, for a template that has ``{0}``."""
    return text.replace("{", "{{").replace("}", "}}")
