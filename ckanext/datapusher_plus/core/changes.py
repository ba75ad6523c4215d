"""What a load changes in an existing table, as sentences for the publisher."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .dictionary.model import Dictionary
from .dictionary.renames import Rename
from .message import Message, join, say, say_n
from .types.type_notes import Note
from .values import Analysed, ColumnProfile, ColumnSpec

#: most columns that one sentence names; a file may have 1,598
_MOST_NAMED = 12
#: for each key of ``CleanCsv.read_as``, the clause about it, and how the publisher can change it
_READ_AS = {
    "sheet": (
        lambda now, before: say("sheet “{now}” instead of “{before}”", now=now, before=before),
        say("The resource's field dpp_sheet chooses the sheet."),
    ),
    "encoding": (
        lambda now, before: say("encoding “{now}” instead of “{before}”", now=now, before=before),
        say("The resource's field dpp_encoding sets the encoding."),
    ),
    "separator": (
        lambda now, before: say("separator “{now}” instead of “{before}”", now=now, before=before),
        say("See that the right file was published."),
    ),
}
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
    #: as ``CleanCsv.read_as``
    read_as: Mapping[str, str] = field(default_factory=dict)
    #: as ``LoadPlan.renamed``; None: no load has searched for them
    renamed: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The table that a load replaces."""

    dictionary: Dictionary
    rows: int | None


def first_of_all(
    analysed: Analysed, specs: Sequence[ColumnSpec], *, kept: Dictionary | None, read_as: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the sentences that a publisher must read first, because the file may be the wrong one.

    :param kept: dictionary of the earlier table.
    :param read_as: how the last load read its file, as ``CleanCsv.read_as``.
    """
    found = (
        _nothing_left(specs, kept),
        _error_message(analysed.columns),
        _read_differently(analysed.csv.read_as, read_as),
    )
    return tuple(sentence for sentence in found if sentence)


def _nothing_left(specs: Sequence[ColumnSpec], kept: Dictionary | None) -> str:
    before = [column.name for column in kept.columns] if kept else []
    if not kept or not before or {spec.name for spec in specs} & set(before):
        return ""
    described = any(name in kept.described for name in before)
    what = say(
        "No column of the earlier table is in the new file: the table had {before}, the file has {now}. If this is not "
        "the file that you meant, load the right one.",
        before=named(before),
        now=named([spec.name for spec in specs]),
    )
    labels = say(
        "Their labels and descriptions are kept: they are among the earlier versions of the Data Dictionary on the "
        "DataStore tab, and come back with a file that has these columns."
    )
    return join((what, labels if described else ""))


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


def _read_differently(now: Mapping[str, str], before: Mapping[str, str]) -> str:
    differ = [name for name in _READ_AS if name in now and name in before and now[name] != before[name]]
    if not differ:
        return ""
    how = join((_READ_AS[name][0](now[name], before[name]) for name in differ), ", ")
    said = say("This file was read differently from the last one: {how}.", how=how)
    return join((said, *(_READ_AS[name][1] for name in differ)))


def changes(
    specs: Sequence[ColumnSpec],
    before: Before,
    *,
    rows: int,
    overridden: Iterable[str],
    renames: Sequence[Rename],
    offers: Sequence[tuple[str, str]],
) -> Iterable[Note]:
    """Yield the differences from the table that the load replaces.

    :param overridden: names of the columns whose type the Data Dictionary sets.
    :param offers: (old, new) of renamed columns whose labels and descriptions can be carried over on the DataStore tab.
    """
    if before.rows is not None:
        as_before = before.rows == rows
        yield Note(
            text=say("Rows: {rows}, as before.", rows=rows)
            if as_before
            else say("Rows: {before} before, {now} now.", before=before.rows, now=rows)
        )
    renames = renames[:_MOST_NAMED]
    types = {column.name: column.type for column in before.dictionary.columns}
    here = {spec.name for spec in specs}
    added = [spec.name for spec in specs if spec.name not in types and spec.name not in {each.new for each in renames}]
    gone = [name for name in types if name not in here]
    if added:
        yield Note(text=say("Columns added: {columns}.", columns=named(added)))
    if plainly_gone := [name for name in gone if name not in {each.old for each in renames}]:
        yield Note(text=say("Columns that the file does not have any more: {columns}.", columns=named(plainly_gone)))
    yield from _retyped(specs, types, frozenset(overridden))
    yield from _renamed(renames, offers)
    if described := [name for name in gone if name in before.dictionary.described]:
        yield Note(
            text=say(
                "Labels and descriptions that belong to no column now: {columns}. They are kept, and come back "
                "with a column of that name.",
                columns=named(described),
            )
        )


def _retyped(specs: Sequence[ColumnSpec], types: Mapping[str, str], overridden: frozenset[str]) -> Iterable[Note]:
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for spec in specs:
        old = types.get(spec.name, spec.type)
        if old != spec.type:
            groups.setdefault((old, spec.type, spec.name in overridden), []).append(spec.name)
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


def _renamed(renames: Sequence[Rename], offers: Sequence[tuple[str, str]]) -> Iterable[Note]:
    kept = say("What was written about it is kept, and can be carried over on the DataStore tab.")
    for rename in renames:
        maybe = say(
            "“{new}” is a new column and “{old}” is gone: perhaps it has only been renamed.",
            new=rename.new,
            old=rename.old,
        )
        yield Note(text=join((maybe, kept if (rename.old, rename.new) in offers else "")))
    found = {(rename.old, rename.new) for rename in renames}
    for old, new in [offer for offer in offers if offer not in found][:_MOST_NAMED]:
        maybe = say("“{old}”, which an earlier file had, is perhaps “{new}” now.", old=old, new=new)
        yield Note(text=join((maybe, kept)))


def named(names: Sequence[str]) -> str:
    """Return the names of columns in quotes; of many, the first ones and how many more there are."""
    shown = ", ".join(f"“{name}”" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return say("{names} and {more} more", names=shown, more=more) if more > 0 else shown
