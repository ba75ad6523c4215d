"""Which indexes a table gets, with exactly the names that CKAN's ``create_indexes`` would give them.

CKAN checks by name whether an index exists, so after a wrong name the next ``datastore_create`` would make a second,
identical index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from .table_names import identifier, literal

#: Prefix of the names of indexes that a load makes automatically; a load removes those that it would not make.
AUTOMATIC = "dpp_auto_"
#: Columns that CKAN adds before a table's own.
HIDDEN = ("_id", "_full_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that is not the primary key's."""

    name: str
    unique: bool
    #: columns that it uses, including those in its expressions and its condition
    columns: tuple[str, ...]
    #: its definition, from USING to the end
    body: str
    #: whether it is over columns alone, without expression, condition or payload
    plain: bool = True
    #: definition of the table constraint that it belongs to, if any
    constraint: str | None = None
    comment: str | None = None

    @property
    def finds_rows(self) -> bool:
        """Return whether a search in the whole table uses it."""
        return self.columns == ("_full_text",)

    @property
    def takes_one_core(self) -> bool:
        """Return whether PostgreSQL needs a long time to build it, on a single core, and adds rows to it cheaply."""
        return self.finds_rows and self.body.startswith("USING gist")

    @property
    def automatic(self) -> bool:
        """Return whether a load made it for a reason of its own."""
        return self.name.startswith(AUTOMATIC)

    def serves(self, other: Index) -> bool:
        """Return whether it does all that ``other``, an automatic one, would do."""
        same = self.plain and self.columns == other.columns and self.body.startswith("USING btree")
        return same and (self.unique or not other.unique)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearch:
    """The site's settings for full-text indexes (``full_text_index``, ``ckan.datastore.default_fts_*``)."""

    #: gist or gin
    method: str
    language: str
    #: types of columns that get an index of their own
    types: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPlan:
    """The indexes to build, and those that the new table cannot have."""

    build: tuple[Index, ...]
    lost: tuple[Index, ...] = ()


def plan(
    table: str,
    columns: Sequence[tuple[str, str]],
    search: TextSearch,
    carried: Sequence[Index] = (),
    automatic: Sequence[Index] = (),
) -> IndexPlan:
    """Decide the indexes of a table with ``columns`` (name, type), given those of the table it replaces.

    :param automatic: those to make automatically; a new one only where none that is carried over does the same.
    """
    wanted, unwanted = _text_search(table, columns, search)
    there = {name for name, _ in columns} | set(HIDDEN)
    names = {index.name for index in wanted}
    by_hand = [index for index in carried if not index.automatic and not _superseded(index)]
    carry = [index for index in by_hand if index.name not in names | unwanted]
    kept = [index for index in carry if there.issuperset(index.columns)]
    here = {index.name for index in carried}
    new = [index for index in automatic if index.name in here or not any(other.serves(index) for other in kept)]
    return IndexPlan(
        build=(*wanted, *kept, *new),
        lost=tuple(index for index in carry if not there.issuperset(index.columns)),
    )


def automatic_index(table: str, column: str, *, unique: bool = False) -> Index:
    """Return an index over one column that a load makes automatically."""
    name = AUTOMATIC + _name(table, identifier(column) + " UNIQUE" * unique)
    return Index(name=name, unique=unique, columns=(column,), body=f"USING btree ({identifier(column)})")


def unique_key(table: str, columns: tuple[str, ...]) -> Index:
    """Return the index that CKAN makes for ``primary_key``."""
    fields = ", ".join(identifier(column) for column in columns)
    return Index(name=_name(table, fields), unique=True, columns=columns, body=f"USING btree ({fields})")


def _text_search(
    table: str, columns: Sequence[tuple[str, str]], search: TextSearch
) -> tuple[list[Index], frozenset[str]]:
    """Return the full-text indexes that CKAN makes, and the names of those that it removes."""
    by_column = [(name, _expression(name, kind, search.language), kind in search.types) for name, kind in columns]
    wanted = [("_full_text", identifier("_full_text")), *((name, text) for name, text, asked in by_column if asked)]
    indexes = [
        Index(
            name=_name(table, text),
            unique=False,
            columns=(name,),
            body=f"USING {search.method}({text})",
            plain=name == "_full_text",
        )
        for name, text in wanted
    ]
    return indexes, frozenset(_name(table, text) for _, text, asked in by_column if not asked)


def _expression(name: str, pg_type: str, language: str) -> str:
    if pg_type == "tsvector":
        return identifier(name)
    value = identifier(name) if pg_type == "text" else f"cast({identifier(name)} AS text)"
    # exactly as CKAN writes it, because the index's name is a hash of it
    return f"to_tsvector({literal(language)}, {value})"


def _superseded(index: Index) -> bool:
    # it has another method (full_text_index) or the name that an older loader gave it
    return index.columns == ("_full_text",) and index.plain and not index.unique


def _name(table: str, text: str) -> str:
    return hashlib.sha1((table + text).encode(), usedforsecurity=False).hexdigest()
