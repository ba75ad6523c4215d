"""Find the table in a JSON document: survey all lists of the first levels, and choose one by fixed rules.

The rules: the list that ``dpp_sheet`` names; else, of the lists with a name in ``TABLE_NAMES``, the one with the most
records; else, of all lists, the one with the most records. Of lists with equally many records the first is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from ...core.errors import BadJson, NoRecords, NoSuchSheet, NothingToLoad
from ...core.message import say
from ...core.values import ReadOptions
from ..clean_csv.writer import storable
from ..json_stream import JsonText, Members

#: usual names of a list of records; below, of the lists that describe its columns
TABLE_NAMES = frozenset({"data", "records", "results", "rows", "items", "features", "value", "values", "entries"})
_COLUMN_NAMES = frozenset({"columns", "fields", "header", "headers", "column_names", "cols"})
_HEADING_KEYS = ("name", "id", "title", "label")
#: levels of nested objects that are searched for lists
_DEPTH = 3
#: most lists that are kept
_MOST_LISTS = 1000
FEATURE = "Feature"
SHAPES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
#: a column: the member of the record that holds its value (``properties`` or empty), and its name there
JsonColumn = tuple[str, str]
PROPERTIES = "properties"


@dataclass(slots=True, kw_only=True)
class Listing:
    """What is known of one list."""

    #: names of the members that lead to it; None when the document is a sequence of values
    path: tuple[str, ...] | None
    #: counts of elements that are objects, arrays, other values, null
    objects: int = 0
    arrays: int = 0
    others: int = 0
    nulls: int = 0
    #: line of the first element of another kind than those before it; 0 if there is none
    odd_line: int = 0
    #: whether the elements are GeoJSON features
    features: bool = False
    #: columns of the objects, in order of appearance
    columns: dict[JsonColumn, None] = field(default_factory=dict)
    #: the first array
    first: list[Any] = field(default_factory=list)
    #: column names, if the elements describe columns; None if they do not
    headings: list[str] | None = field(default_factory=list)

    @property
    def name(self) -> str:
        """The list's name in messages."""
        return storable(".".join(self.path or ()))

    @property
    def count(self) -> int:
        """The number of records in the list."""
        return self.objects + self.arrays

    @property
    def tabular(self) -> bool:
        """Whether the list may be a table."""
        return self.count >= self.others if self.count else not self.others


@dataclass(slots=True, kw_only=True)
class Survey:
    """What is known of a document."""

    lists: list[Listing] = field(default_factory=list)
    #: the paths of ``lists``
    paths: set[tuple[str, ...] | None] = field(default_factory=set)
    #: members of the outermost object that are not searched for lists
    top: dict[str, Any] = field(default_factory=dict)
    #: whether more values follow the first one, so that each is a record
    sequence: bool = False


def survey(text: JsonText, most_columns: int) -> Survey:
    """Survey a whole document.

    :raises BadJson: when it is not valid JSON.
    :raises NothingToLoad: when it is empty.
    """
    found = Survey()
    start = text.peek()
    if not start:
        raise NothingToLoad(say("is empty"))
    if start == "[":
        listing = Listing(path=())
        _look_through(listing, (text.value() for _ in text.elements()), text, most_columns)
        found.lists.append(listing)
    elif start == "{":
        _descend(found, (), text, most_columns)
    else:
        text.value()
    found.sequence = bool(text.peek())
    return found


def survey_sequence(text: JsonText, most_columns: int) -> Listing:
    """Survey a document that is a sequence of values."""
    listing = Listing(path=None)
    _look_through(listing, sequence(text), text, most_columns)
    return listing


def sequence(text: JsonText) -> Iterator[Any]:
    """Yield the values of a sequence."""
    while text.peek():
        yield text.value()


def elements(text: JsonText, listing: Listing) -> Iterator[Any]:
    """Yield the elements of a list that a survey of the same document found."""
    if listing.path is None:
        yield from sequence(text)
    elif _go_to(text, listing.path):
        for _ in text.elements():
            yield text.value()


def _go_to(text: JsonText, path: tuple[str, ...]) -> bool:
    """Move to a list, and return whether it was found."""
    if not path:
        return True
    for name in text.names():
        if name == path[0] and text.peek() in "[{" and (text.peek() == "[") == (len(path) == 1):
            return _go_to(text, path[1:])
        _pass(text)
    return False


def _pass(text: JsonText) -> None:
    """Move past a value, piece by piece."""
    if text.peek() == "[":
        for _ in text.elements():
            text.value()
    elif text.peek() == "{":
        for _ in text.names():
            text.value()
    else:
        text.value()


def _descend(found: Survey, path: tuple[str, ...], text: JsonText, most_columns: int) -> None:
    for name in text.names():
        start = text.peek()
        if start == "[":
            listing = Listing(path=(*path, name))
            _look_through(listing, (text.value() for _ in text.elements()), text, most_columns)
            if len(found.lists) < _MOST_LISTS and listing.path not in found.paths:
                found.lists.append(listing)
                found.paths.add(listing.path)
        elif start == "{" and len(path) + 1 < _DEPTH and name != "crs":
            _descend(found, (*path, name), text, most_columns)
        elif not path and len(found.top) < _MOST_LISTS:
            found.top[name] = text.value()
        else:
            text.value()


def _look_through(listing: Listing, values: Iterator[Any], text: JsonText, most_columns: int) -> None:
    last: tuple[str, ...] = ()
    for value in values:
        kind = type(value)
        if kind is Members:
            listing.objects += 1
            names = tuple(map(itemgetter(0), value))
            features = listing.objects == 1 and is_feature(dict(value))
            listing.features = listing.features or features
            # most records have the same members
            if (names != last or listing.features) and len(listing.columns) <= most_columns:
                listing.columns.update(dict.fromkeys(columns_of(value, features=listing.features)))
            last = names
        elif kind is list:
            listing.arrays += 1
            listing.first = listing.first or value
        elif value is None:
            listing.nulls += 1
        else:
            listing.others += 1
        if not listing.odd_line and sum(map(bool, (listing.objects, listing.arrays, listing.others))) > 1:
            listing.odd_line = text.line
        _take_heading(listing, value, most_columns)


def is_feature(record: dict[str, Any]) -> bool:
    """Return whether an object is a GeoJSON feature or shape."""
    kind = record.get("type")
    if kind == FEATURE:
        return "geometry" in record or PROPERTIES in record
    return kind in SHAPES if isinstance(kind, str) else False


def columns_of(record: Members, *, features: bool) -> Iterator[JsonColumn]:
    """Yield a record's columns: its members, or, for a feature, its other members and its properties."""
    for name, value in record:
        if not features:
            yield "", name
        elif name == PROPERTIES:
            yield from ((PROPERTIES, key) for key, _ in (value if isinstance(value, Members) else ()))
        elif name not in ("type", "geometry", "bbox", "coordinates", "geometries"):
            yield "", name


def _take_heading(listing: Listing, value: Any, most_columns: int) -> None:
    if listing.headings is None:
        return
    if isinstance(value, Members):
        known = dict(value)
        value = next((known[key] for key in _HEADING_KEYS if isinstance(known.get(key), str)), None)
    if isinstance(value, str) and len(listing.headings) <= most_columns:
        listing.headings.append(value)
    else:
        listing.headings = None


def choose(found: Survey, options: ReadOptions) -> Listing:
    """Return the list that is the table.

    :raises NoRecords: when no list is a table.
    :raises NoSuchSheet: when the list that ``dpp_sheet`` names is missing.
    :raises BadJson: when its elements are not all of one kind.
    """
    tables = [each for each in found.lists if each.tabular]
    # a number is meant for spreadsheets, and may be the site's default for them
    if options.sheet and not options.sheet.lstrip("-").isdigit() and len(found.lists) > 1:
        chosen = _wanted(tables, options.sheet)
    else:
        candidates = called_so(found) or tables
        if not candidates:
            raise NoRecords(say("JSON document"))
        chosen = max(candidates, key=lambda each: each.count)
    check(chosen)
    return chosen


def called_so(found: Survey) -> list[Listing]:
    """Return the lists whose names are in ``TABLE_NAMES``."""
    return [each for each in found.lists if each.tabular and each.path and each.path[-1].lower() in TABLE_NAMES]


def check(listing: Listing) -> None:
    """Check that all elements of a list are records of one kind.

    :raises BadJson: when they are of several kinds.
    :raises NoRecords: when they are not records.
    """
    if listing.odd_line:
        raise BadJson(listing.odd_line, say("the records are not all objects, nor all arrays"))
    if listing.others:
        raise NoRecords(say("JSON document"))


def _wanted(tables: list[Listing], wanted: str) -> Listing:
    for each in tables:
        if wanted in (each.name, (each.path or ("",))[-1]):
            return each
    raise NoSuchSheet(wanted, tuple(each.name for each in tables))


def headings(found: Survey, listing: Listing) -> tuple[list[str], bool]:
    """Return the headings of a list of arrays, and whether its first array holds them."""
    width = len(listing.first)
    for each in found.lists:
        if each.path and each.path[-1] in _COLUMN_NAMES and each.headings and len(each.headings) == width:
            return each.headings, False
    first = listing.first
    if all(isinstance(value, str) and value.strip() for value in first) and len(set(map(str, first))) == width:
        return first, True
    return [f"column_{number}" for number in range(1, width + 1)], False
