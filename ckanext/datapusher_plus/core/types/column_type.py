"""Decide a column's PostgreSQL type and cast from its values and the Data Dictionary.

The type that the site maps a kind to is used only where every value certainly fits; the type that a person sets is
always used. Times with a zone keep their instant: CKAN's ``timestamp`` has no zone, so they are stored in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..dictionary.merge import heading_as_label
from ..dictionary.model import Column
from ..values import ColumnProfile, ColumnSpec
from .casts import cast
from .column_kind import Hints, Kind, Reading, read
from .patterns import Accepts, Form
from .pg_types import ALIASES, PG_TYPES, SMARTINT, best_notation, is_certain, size_questions

__all__ = ["PG_TYPES", "Kind", "TypeRules", "check_mapping", "restored_type", "spec", "still_open", "wanted_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRules:
    """What decides the columns' types besides their values and the dictionary."""

    #: PostgreSQL type for each kind
    mapping: Mapping[str, str]
    #: texts that mean NULL in columns of other types than text
    nulls: tuple[str, ...] = ()
    hints: Hints = Hints()


def check_mapping(type_mapping: Mapping[str, str]) -> None:
    """Refuse a ``type_mapping`` that names a type no column can be loaded as.

    :raises ValueError: when it does; the message names the types that can be used.
    """
    unknown = sorted(
        wanted
        for kind, wanted in type_mapping.items()
        if _by_its_name(wanted) not in PG_TYPES and not (kind == Kind.INTEGER and wanted == SMARTINT)
    )
    if unknown:
        raise ValueError(
            f"type_mapping names {', '.join(unknown)}; a column can be one of {', '.join(PG_TYPES)}, "
            f"and for Integer also {SMARTINT}"
        )


def spec(profile: ColumnProfile, kept: Column | None, rules: TypeRules) -> ColumnSpec:
    """Decide a column's type, cast and comment; a person's ``type_override`` wins over what the values look like."""
    reading = read(profile, rules.hints)
    pg_type = wanted_type(kept) or _mapped(profile, reading, rules.mapping)
    known, accepts, notation, zoned = PG_TYPES[pg_type], None, reading.notation, reading.zoned
    if known and not is_certain(profile, reading, pg_type):
        notation, zoned = best_notation(profile, known, rules.hints), None
        accepts = Accepts(forms=known.accepts(notation), nulls=rules.nulls)
    return ColumnSpec(
        name=profile.name,
        type=pg_type,
        cast=cast(profile, pg_type, notation, zoned=zoned, nulls=rules.nulls),
        comment=_comment(profile, kept),
        accepts=accepts,
    )


def wanted_type(kept: Column | None) -> str:
    """Return the type that the dictionary sets if a file can be loaded as that, else an empty string."""
    override = _by_its_name(kept.type_override) if kept else ""
    return override if override in PG_TYPES else ""


def restored_type(kept: Column) -> str:
    """Return the type of a column that is recreated from the dictionary alone."""
    return wanted_type(kept) or "text"


def still_open(profile: ColumnProfile, kept: Column | None, rules: TypeRules) -> tuple[Form, ...]:
    """Return the forms whose values must be counted before ``spec`` can choose the best type and notation."""
    reading = read(profile, rules.hints)
    wanted = wanted_type(kept)
    if not wanted:
        return size_questions(profile, reading, _by_its_name(rules.mapping.get(reading.kind.value, "text")))
    known = PG_TYPES[wanted]
    if known is None or is_certain(profile, reading, wanted):
        return ()
    forms = (form for notation in known.notations for form in (*known.accepts(notation), *notation.forms))
    return tuple(form for form in dict.fromkeys(forms) if form.name not in profile.counted)


def _mapped(profile: ColumnProfile, reading: Reading, mapping: Mapping[str, str]) -> str:
    """Return the type that the site maps the kind to if every value certainly fits, else a wider one that does."""
    wanted = _by_its_name(mapping.get(reading.kind.value, "text"))
    tried = ("int4", "int8", "numeric", "text") if wanted == SMARTINT else (wanted, "numeric", "text")
    return next(pg_type for pg_type in tried if is_certain(profile, reading, pg_type))


def _comment(profile: ColumnProfile, kept: Column | None) -> str | None:
    before = kept.comment if kept else None
    if profile.header.strip() in ("", profile.name):
        return before
    # CKAN shows a label in place of the column's name
    return heading_as_label(before, profile.header)


def _by_its_name(pg_type: str) -> str:
    name = pg_type.strip().lower()
    return ALIASES.get(name, name)
