"""Decide how to load: columns, types, casts and comments, and the key that identifies an unchanged load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .automatic_indexes import IndexRules, marked
from .dictionary.model import Dictionary
from .types.column_kind import hints_of
from .types.column_type import TypeRules, spec, wanted_type
from .values import Analysed, ColumnSpec, LoadPlan, ReadOptions, Strategy, Ticket

#: increase it when a change of the code makes a different table from the same file and settings
RESULT_VERSION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRules:
    """The site's settings that decide which table a file becomes."""

    type_mapping: Mapping[str, str]
    unsafe_prefix: str
    reserved_colnames: frozenset[str]
    null_values: tuple[str, ...] = ()
    prefer_dmy: bool = False
    strategy: Strategy = Strategy.SWAP
    indexes: IndexRules = IndexRules()
    #: template of the table's alias; empty: none
    alias: str = ""
    #: the site's own flow; empty: the built-in one
    flow: str = ""


def plan_load(
    ticket: Ticket, analysed: Analysed, *, kept: Dictionary | None, live: bool, file_hash: str, rules: LoadRules
) -> LoadPlan:
    """Return everything that the writing steps need to know."""
    key = load_key(file_hash=file_hash, resource_format=ticket.format, options=ticket.options, kept=kept, rules=rules)
    return LoadPlan(
        run_id=ticket.run_id,
        resource_id=ticket.resource_id,
        csv=analysed.csv,
        rows=analysed.rows,
        columns=_columns(analysed, kept, type_rules(analysed, ticket.options, rules)),
        strategy=rules.strategy,
        full_text=ticket.options.full_text,
        kept=kept,
        live=live,
        load_key=key,
        file_hash=file_hash,
    )


def load_key(
    *, file_hash: str, resource_format: str, options: ReadOptions, kept: Dictionary | None, rules: LoadRules
) -> str:
    """Return a digest of everything that decides the table: bytes, format, options, settings, the dictionary's types.

    It does not include labels and notes, which are carried from table to table whether a file is loaded or not, nor the
    strategy, which makes the same table in another way.
    """
    # removed columns too, so that a column that disappears or comes back changes the key by the file's bytes alone
    known = (*kept.columns, *kept.removed) if kept else ()
    overrides = {column.name: wanted for column in known if (wanted := wanted_type(column))}
    parts: dict[str, Any] = {
        "version": RESULT_VERSION,
        "file": file_hash,
        "format": resource_format.strip().lower(),
        "options": _options(options),
        "types": dict(rules.type_mapping),
        "prefix": rules.unsafe_prefix,
        "reserved": sorted(rules.reserved_colnames),
        "nulls": sorted(null_words(options, rules.null_values)),
        "day_first": rules.prefer_dmy,
        "overrides": overrides,
    }
    # left out as long as nobody asks for them, so that an update of this plugin does not load every file again
    asked = {
        "indexed": {column.name: marks for column in known if (marks := marked(column))},
        "indexes": asdict(rules.indexes) if rules.indexes != IndexRules() else {},
        "alias": rules.alias,
        "flow": rules.flow,
    }
    parts |= {name: value for name, value in asked.items() if value}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()


def _options(options: ReadOptions) -> dict[str, Any]:
    given = asdict(options)
    # it decides when a table is put in place, and not which
    del given["review"]
    later = ("dedup", "preview_rows")
    return {name: value for name, value in given.items() if value or name not in later}


def type_rules(analysed: Analysed, options: ReadOptions, rules: LoadRules) -> TypeRules:
    """Return what decides the columns' types besides their values and the dictionary."""
    hints = hints_of(
        analysed.columns,
        decimal=options.decimal,
        day_first=options.day_first,
        prefer_dmy=rules.prefer_dmy,
        between_commas=analysed.csv.between_commas,
        sums=analysed.sums,
    )
    return TypeRules(mapping=rules.type_mapping, nulls=null_words(options, rules.null_values), hints=hints)


def null_words(options: ReadOptions, null_values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts that mean NULL: those of the resource, else those of the site."""
    words = null_values if options.null_values is None else options.null_values
    # PostgreSQL's text cannot contain a NUL character
    return tuple(dict.fromkeys(word for word in words if word and "\0" not in word))


def _columns(analysed: Analysed, kept: Dictionary | None, rules: TypeRules) -> tuple[ColumnSpec, ...]:
    return tuple(spec(profile, kept.column(profile.name) if kept else None, rules) for profile in analysed.columns)
