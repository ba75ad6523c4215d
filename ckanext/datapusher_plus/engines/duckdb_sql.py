"""SQL for DuckDB that finds out what sort each value is, and whether a form takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, unique
from pathlib import Path

from ..core.table_names import literal
from ..core.types import patterns
from ..core.types.patterns import Accepts, Form
from ..core.values import CleanCsv
from .base import Look

_BLANK = "' ' || chr(9) || chr(10) || chr(13)"
_ISO_DAY = f"try_cast(left(trim(v, {_BLANK}), 10) AS DATE)"


@unique
class Sort(IntEnum):
    """The sort of one value, as a scan determines it."""

    INTEGER = 0
    DECIMAL = 1
    EXPONENT = 2
    BARE_EXPONENT = 3
    DATE = 4
    LOCAL = 5
    ZONED = 6
    TEXT = 7
    NULL_WORD = 8
    BLANK = 9


def macros(nulls: Sequence[str]) -> str:
    """Return the statements that make the macros ``sort_of(v)``, ``is_null_word(v)`` and ``null_word(v)``.

    ``null_word(v)`` is the text that means NULL if ``v`` is exactly that; with blanks around it, it is NULL.

    One expression gives the sort of a value, cheap tests first: 336,776 rows of 19 columns take 0.7 s of one core.
    ascii() is the code of the first character; numbers, dates and blanks do not begin with a code above that of 9.
    """
    numbers = [word for word in nulls if patterns.is_number(word)]
    text = f"if(is_null_word(v), {Sort.NULL_WORD:d}, {Sort.TEXT:d})"
    return f"""
CREATE MACRO is_null_word(v) AS {_is_one_of(nulls)};
CREATE MACRO null_word(v) AS CASE WHEN {_is_one_of(nulls, "false")} THEN v END;
CREATE MACRO sort_of(v) AS
CASE WHEN v IS NULL THEN NULL
     WHEN {_is_one_of(numbers, "v LIKE '% '")} THEN {Sort.NULL_WORD:d}
     WHEN {_matches(patterns.INTEGER)} THEN {Sort.INTEGER:d}
     WHEN ascii(v) > ascii('9') THEN if({_is_one_of(nulls, "v LIKE '% '")}, {Sort.NULL_WORD:d}, {Sort.TEXT:d})
     WHEN contains(v, ':') THEN
         CASE WHEN {_ISO_DAY} IS NULL THEN {text}
              WHEN {_matches(patterns.LOCAL_TIMESTAMP)} THEN {Sort.LOCAL:d}
              WHEN {_matches(patterns.ZONED_TIMESTAMP)} THEN {Sort.ZONED:d}
              ELSE {text} END
     WHEN {_matches(patterns.DECIMAL)} THEN if(contains(v, '.'), {Sort.DECIMAL:d}, {Sort.INTEGER:d})
     WHEN trim(v, {_BLANK}) = '' THEN {Sort.BLANK:d}
     WHEN {_matches(patterns.DATE)} AND {_ISO_DAY} IS NOT NULL THEN {Sort.DATE:d}
     WHEN {_matches(patterns.EXPONENT)} THEN {Sort.EXPONENT:d}
     WHEN {_matches(patterns.BARE_EXPONENT)} THEN {Sort.BARE_EXPONENT:d}
     ELSE {text} END::UTINYINT;"""


def profile(positions: Sequence[int]) -> str:
    """Return the query for (position, sort, text that means NULL, number of values, longest length, one value).

    It has one row for each column, sort and text that means NULL.
    """
    return (
        "SELECT position, sort_of(v) AS sort, "  # noqa: S608 (no outside text)
        f"CASE WHEN sort_of(v) = {Sort.NULL_WORD:d} THEN null_word(v) END AS word, "
        f"count(*), max(length(v)), any_value(v) FROM ({long(positions)}) GROUP BY position, sort, word"
    )


def count(looks: Sequence[Look]) -> str:
    """Return the query for (position, name of a form, number of values that it takes)."""
    asked: dict[str, list[int]] = {}
    for look in looks:
        asked.setdefault(look.form.name, []).append(look.position)
    forms = {look.form.name: look.form for look in looks}
    counts = ", ".join(
        # CASE keeps the form's test away from the other columns
        f"count_if(CASE WHEN position IN ({_listed(asked[name])}) THEN {takes(form)} ELSE false END)"
        for name, form in forms.items()
    )
    return (
        f"SELECT position, unnest([{', '.join(map(literal, forms))}]), unnest([{counts}]) "  # noqa: S608
        f"FROM ({long(sorted({look.position for look in looks}))}) "
        "WHERE v IS NOT NULL AND NOT is_null_word(v) GROUP BY position"
    )


def misfits(accepts: Mapping[int, Accepts]) -> str:
    """Return the query for (position, row, value) of the first value of each column that is not accepted."""
    alike: dict[Accepts, list[int]] = {}
    for position, each in accepts.items():
        alike.setdefault(each, []).append(position)
    # CASE keeps the test away from the other columns
    taken = " ".join(f"WHEN position IN ({_listed(found)}) THEN {_accepted(each)}" for each, found in alike.items())
    numbered = "(SELECT *, row_number() OVER () AS row FROM {table})"
    return (
        f"SELECT position, min(row), arg_min(v, row) FROM ({long(sorted(accepts), numbered, ', row')}) "  # noqa: S608
        f"WHERE trim(v, {_BLANK}) <> '' AND NOT CASE {taken} END GROUP BY position"
    )


def _accepted(accepts: Accepts) -> str:
    return " OR ".join([_is_one_of(accepts.nulls), *map(takes, accepts.forms)])


def _ends_in_lf(path: Path) -> bool:
    """Return whether the header, which may contain line breaks, ends in LF without CR."""
    quotes = 0
    with path.open("rb") as file:
        for line in file:
            quotes += line.count(b'"')
            if quotes % 2 == 0:
                return not line.endswith(b"\r\n")
    return True


def table(csv: CleanCsv, options: str = "") -> str:
    """Return the SQL that reads the file as text columns c0, c1, …; unquoted empty is NULL, quoted empty is ''."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(csv.header)))
    if any("\r" in heading or "\n" in heading for heading in csv.header) and _ends_in_lf(csv.path):
        # DuckDB treats the first CR or LF of a file as the end of a line, even within quotes
        options += r", new_line='\n'"
    return (
        f"read_csv({literal(str(csv.path))}, columns={{{columns}}}, auto_detect=false, header=true, delim=',', "
        f"quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, strict_mode=true{options})"
    )


def takes(form: Form) -> str:
    """Return the SQL that tests whether a form takes ``v``."""
    matches = _matches(form.pattern)
    if form.day is None:
        return matches
    if form.day is patterns.ISO_DAY:
        return f"({matches} AND {_ISO_DAY} IS NOT NULL)"
    pattern = literal(form.day.pattern)
    day = f"regexp_replace(regexp_extract(v, {pattern}), {pattern}, {literal(form.day.order)})"
    return f"({matches} AND try_strptime({day}, ['%Y-%m-%d', '%Y-%b-%d']) IS NOT NULL)"


def _matches(pattern: str) -> str:
    return f"regexp_full_match(v, {literal(pattern)})"


def _is_one_of(words: Sequence[str], padded: str = "true") -> str:
    """Return the SQL that tests whether ``v`` is one of the words, with or without blanks around it.

    :param padded: SQL that must be true before the blanks are removed, which is slow.
    """
    if not words:
        return "false"
    listed = ", ".join(map(literal, words))
    return f"(v IN ({listed}) OR ({padded} AND trim(v, {_BLANK}) IN ({listed})))"


def long(positions: Sequence[int], table: str = "{table}", besides: str = "") -> str:
    """Return the query that puts all values of the columns into one column ``v``, with their ``position``.

    One expression for each column took 2 MB each, and one second of planning for each hundred.
    """
    columns = ", ".join(f"c{position}" for position in positions)
    return f"SELECT unnest([{columns}]) AS v, unnest([{_listed(positions)}]) AS position{besides} FROM {table}"  # noqa: S608


def _listed(positions: Sequence[int]) -> str:
    return ", ".join(map(str, positions))
