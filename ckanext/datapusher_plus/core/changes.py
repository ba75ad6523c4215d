"""What a load changes in an existing table, as sentences for the publisher."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import how_to_read
from .difference import Difference, KeyedRows, Retyped
from .message import Message, join, say, say_n
from .types.type_notes import Note
from .types.written import COMMA, DECIMAL, POINT
from .values import Analysed, ColumnProfile

#: most columns that one sentence names; a file may have 1,598
_MOST_NAMED = 12
#: for each key of ``LoadPlan.read_as``, the clause about it, and how the publisher can change it
_READ_AS = {
    "sheet": (
        lambda now, before: say("sheet “{now}” instead of “{before}”", now=now, before=before),
        how_to_read.SHEET,
    ),
    "encoding": (
        lambda now, before: say("encoding “{now}” instead of “{before}”", now=now, before=before),
        how_to_read.ENCODING,
    ),
    "separator": (
        lambda now, before: say("separator “{now}” instead of “{before}”", now=now, before=before),
        say("See that the right file was published."),
    ),
    DECIMAL: (
        lambda now, before: say("decimal separator “{now}” instead of “{before}”", now=now, before=before),
        join((say("Look at the numbers: 1.234 may be a thousand times more."), how_to_read.DECIMAL)),
    ),
}
#: how decimal separators are shown; a file with several, or with an unclear one, is not compared
_DECIMALS = {POINT: ".", COMMA: ","}
#: a heading of only these words is that of an error message, in the languages of most servers
_ERROR_NAMES = re.compile(
    r"(?:(?:details?|err|errors?|exceptions?|fail|failure|fault|faultstring|messages?|msg|notice|reason|status|"
    r"status ?code|warnings?|fehler|fehlermeldung|hinweis|meldung|nachricht|erreur|mensaje|aviso|errore|messaggio|erro|"
    r"mensagem|fout|melding|fel|meddelande|virhe|viesti|chyba|błąd|komunikat|hiba|üzenet|ошибка|сообщение|σφάλμα|hata|"
    r"错误|エラー)(?: |$))+"
)
_ERROR_PHRASES = re.compile(
    r"^(?:http\s*(?:error\s*)?)?[45]\d\d\b|\b(?:errors?|errors?message|exception|unavailable|not available|not found|"
    r"forbidden|(?:access|permission) denied|unauthori[sz]ed|bad (?:gateway|request)|gateway time-?out|timed? ?out|"
    r"too many requests|rate limit|quota exceeded|try (?:again|later)|maintenance|overloaded|temporarily|please wait|"
    r"session expired|log ?in|sign ?in|failed|fehler|wartung|nicht verfügbar|erreur|indisponible|no disponible|errore|"
    r"non disponibile)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLoad:
    """What is known about the load whose rows are in the table."""

    rows: int | None = None
    #: as ``LoadPlan.read_as``
    read_as: Mapping[str, str] = field(default_factory=dict)
    #: as ``LoadPlan.renamed``; None: no load has searched for them
    renamed: tuple[tuple[str, str], ...] | None = None


def first_of_all(
    analysed: Analysed,
    made: Difference | None,
    *,
    read_as: Mapping[str, str],
    before: Mapping[str, str],
    chosen: Container[str] = (),
) -> tuple[str, ...]:
    """Return the sentences that a publisher must read first, because the file may be the wrong one.

    :param made: the difference from the earlier table, if there was one.
    :param read_as: how the file is read, as ``LoadPlan.read_as``.
    :param before: how the last load read its file.
    :param chosen: the keys of ``read_as`` that somebody has set; nobody is warned of what they have asked for.
    """
    differs = _differing(read_as, before)
    if "sheet" in differs and "sheet" in chosen:
        about_table = (_without_column(made) if made else "",)
    else:
        about_table = (_nothing_left(made), _fell(made), _orphaned(made)) if made else ()
    unasked = {name: clause for name, clause in differs.items() if name not in chosen}
    found = (*about_table, _error_message(analysed.columns), _read_differently(unasked))
    return tuple(sentence for sentence in found if sentence)


def sentences(made: Difference) -> tuple[str, ...]:
    """Return all sentences about a difference."""
    first = (_nothing_left(made), _fell(made), _orphaned(made))
    if made.is_first:
        return (say("There is no table yet: the file has {rows} rows.", rows=made.rows),)
    keyed = (_by_key(made.by_key),) if made.by_key else ()
    return tuple(each for each in (*first, *(note.text for note in changes(made)), *keyed) if each)


def _by_key(rows: KeyedRows) -> str:
    return say(
        "Rows by {key}: {added} new, {removed} gone, {changed} changed.",
        key=named(rows.key),
        added=rows.added,
        removed=rows.removed,
        changed=rows.changed,
    )


def _nothing_left(made: Difference) -> str:
    if not made.nothing_left:
        return ""
    what = say(
        "No column of the earlier table is in the new file: the table had {before}, the file has {now}. If this is not "
        "the file that you meant, load the right one.",
        before=named(made.gone),
        now=named(made.added),
    )
    labels = say(
        "Their labels and descriptions are kept: they are among the earlier versions of the Data Dictionary on the "
        "DataStore tab, and come back with a file that has these columns."
    )
    return join((what, labels if made.orphaned else ""))


def _fell(made: Difference) -> str:
    if not made.fell or made.rows_before is None or made.nothing_left:
        return ""
    return say(
        "More than half of the rows are gone: the table had {before}, the file has {now}. If this is not the file that "
        "you meant, load the right one.",
        before=made.rows_before,
        now=made.rows,
    )


def _orphaned(made: Difference) -> str:
    return "" if made.nothing_left else _without_column(made)


def _without_column(made: Difference) -> str:
    if not made.orphaned:
        return ""
    return say(
        "Labels and descriptions that belong to no column now: {columns}. They are kept, and come back "
        "with a column of that name.",
        columns=named(made.orphaned),
    )


def _error_message(columns: Sequence[ColumnProfile]) -> str:
    if len(columns) != 1 or not _is_error(columns[0].header) or _has_numbers(columns[0]):
        return ""
    return say(
        "The only column of the file is called “{heading}” and has no numbers, so the file may be a server's error "
        "message rather than a table. Open the link or the file, and load again when it shows the table.",
        heading=" ".join(columns[0].header.split())[:100],
    )


def _is_error(heading: str) -> bool:
    # ErrorMessage, error_message and Error-Message: are alike
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    plain = " ".join(re.sub(r"[_\W]+", " ", apart).casefold().split())
    return bool(_ERROR_NAMES.fullmatch(plain) or _ERROR_PHRASES.search(plain))


def _has_numbers(column: ColumnProfile) -> bool:
    return bool(column.integers or column.decimals or column.exponents or column.dates or column.timestamps)


def _differing(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Message]:
    """Return a clause about each thing that was read differently."""
    now, before = _shown(now), _shown(before)
    differ = [name for name in _READ_AS if name in now and name in before and now[name] != before[name]]
    return {name: _READ_AS[name][0](now[name], before[name]) for name in differ}


def _read_differently(differs: Mapping[str, Message]) -> str:
    if not differs:
        return ""
    said = say("This file was read differently from the last one: {how}.", how=join(differs.values(), ", "))
    return join((said, *(_READ_AS[name][1] for name in differs)))


def _shown(read_as: Mapping[str, str]) -> dict[str, str]:
    comparable = {name: how for name, how in read_as.items() if name != DECIMAL or how in _DECIMALS}
    return {name: _DECIMALS[how] if name == DECIMAL else how for name, how in comparable.items()}


def changes(made: Difference) -> Iterable[Note]:
    """Yield what a load changes in an existing table, without what ``first_of_all`` says."""
    before, rows = made.rows_before, made.rows
    if before is not None:
        yield Note(
            text=say("Rows: {rows}, as before.", rows=rows)
            if before == rows
            else say("Rows: {before} before, {now} now.", before=before, now=rows)
        )
    renames = made.renamed[:_MOST_NAMED]
    if added := [name for name in made.added if name not in {new for _, new in renames}]:
        yield Note(text=say("Columns added: {columns}.", columns=named(added)))
    if gone := [name for name in made.gone if name not in {old for old, _ in renames}]:
        yield Note(text=say("Columns that the file does not have any more: {columns}.", columns=named(gone)))
    yield from _retyped(made.retyped)
    yield from _renamed(renames, made.offers)


def _retyped(columns: Iterable[Retyped]) -> Iterable[Note]:
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for each in columns:
        groups.setdefault((each.old, each.new, each.by_person), []).append(each.name)
    for (old, new, by_person), names in groups.items():
        yield Note(text=_type_change(names, old, new, by_person=by_person))


def _type_change(names: Sequence[str], old: str, new: str, *, by_person: bool) -> Message:
    values = {"columns": named(names), "old": old, "new": new}
    if by_person:
        return say_n(
            "Column {columns} was {old} and is {new} now, as the Data Dictionary says.",
            "Columns {columns} were {old} and are {new} now, as the Data Dictionary says.",
            len(names),
            **values,
        )
    return say_n(
        "Column {columns} was {old} and is {new} now.",
        "Columns {columns} were {old} and are {new} now.",
        len(names),
        **values,
    )


def _renamed(renames: Sequence[tuple[str, str]], offers: Sequence[tuple[str, str]]) -> Iterable[Note]:
    kept = say("What was written about it is kept, and can be carried over on the DataStore tab.")
    for old, new in renames:
        maybe = say("“{new}” is a new column and “{old}” is gone: perhaps it has only been renamed.", new=new, old=old)
        yield Note(text=join((maybe, kept if (old, new) in offers else "")))
    for old, new in [offer for offer in offers if offer not in renames][:_MOST_NAMED]:
        maybe = say("“{old}”, which an earlier file had, is perhaps “{new}” now.", old=old, new=new)
        yield Note(text=join((maybe, kept)))


def named(names: Sequence[str]) -> str:
    """Return the names of columns in quotes; of many, the first ones and how many more there are."""
    shown = ", ".join(f"“{name}”" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return say("{names} and {more} more", names=shown, more=more) if more > 0 else shown
