"""The fields of the box *How to read this file*, with their labels, choices and what the last load has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ckan.plugins.toolkit import _, h

from ..core import reading
from ..core.parts import Part
from ..core.types.written import COMMA, DATES, DECIMAL, POINT, UNCLEAR
from . import labels

#: encodings that are proposed; any other that Python knows can be typed
_ENCODINGS = (
    "utf-8",
    "windows-1252",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1250",
    "iso-8859-2",
    "windows-1251",
    "koi8-r",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "utf-16",
    "cp437",
    "cp850",
    "mac-roman",
    "shift_jis",
    "euc-kr",
    "gb18030",
    "big5",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that can be chosen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; with ``choices`` it is a list, else a line of text."""

    name: str
    label: str
    value: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    #: values that are proposed below a line of text
    proposals: tuple[str, ...] = ()
    #: what the last load has used
    used: str = ""
    #: why the value that was typed cannot be used
    error: str = ""


def fields(
    values: Mapping[str, str], parts: Sequence[Part], used: Mapping[str, str], wrong: Sequence[str]
) -> tuple[Field, ...]:
    """Return the fields.

    :param values: what is set or was typed, by field.
    :param used: what the last load used, as ``CleanCsv.read_as``.
    :param wrong: names of the fields whose value cannot be used.
    """

    def error(name: str) -> str:
        return _errors()[name] if name in wrong else ""

    def field(name: str, label: str, *, hint: str = "", choices: tuple[Choice, ...] = (), **more: object) -> Field:
        given = {"name": name, "label": label, "value": values[name], "hint": hint, "error": error(name), **more}
        return Field(**given, choices=_with(choices, values[name]))  # type: ignore[arg-type]

    return (
        field(
            reading.SHEET,
            _("Sheet, layer, list or file"),
            hint=_("The part of the file that becomes the table."),
            choices=_parts(parts),
            used=labels.visible(used.get("sheet") or used.get("member", "")),
        ),
        field(
            reading.ENCODING,
            _("Encoding"),
            hint=_("Of a text file, such as CSV. Set it if letters look wrong."),
            proposals=_ENCODINGS,
            used=_encoding(used),
        ),
        field(
            reading.DECIMAL,
            _("Decimal separator"),
            choices=_decimals(),
            used=_words(used.get(DECIMAL, ""), _found_decimals()),
        ),
        field(
            reading.DAY_FIRST,
            _("Order of dates such as 1/2/2026"),
            choices=_orders(),
            used=_words(used.get(DATES, ""), _found_orders()),
        ),
        field(
            reading.NULL_VALUES,
            _("Words for no value"),
            hint=_("Separated by commas, such as: n/a, unknown, -9999. They become empty cells."),
        ),
        field(reading.SIMPLIFY, _("Simplify shapes, in metres"), hint=_("For maps only. 0 keeps every point.")),
        field(reading.FULL_TEXT, _("Search finds"), choices=_searches()),
    )


def _with(choices: tuple[Choice, ...], value: str) -> tuple[Choice, ...]:
    """Return the choices with the value that is set, which the last file may not have."""
    if not choices or value in {choice.value for choice in choices}:
        return choices
    return (*choices, Choice(value=value, label=labels.visible(value)))


def _parts(parts: Sequence[Part]) -> tuple[Choice, ...]:
    if not parts:
        return ()
    found = [Choice(value=part.name, label=_part(part)) for part in parts]
    return Choice(value="", label=_("Chosen automatically")), *found


def _part(part: Part) -> str:
    name = labels.visible(part.name)
    if part.is_empty:
        return _("{name} (empty)").format(name=name)
    if part.size is not None:
        name = f"{name} ({h.localised_filesize(part.size)})"
    cells = " | ".join(part.cells)
    return labels.visible(f"{name}: {cells}" if cells else name)


def _encoding(used: Mapping[str, str]) -> str:
    """Return encoding and separator of a text file."""
    sign = used.get("separator", "")
    between = _("{sign} between values").format(sign=_signs().get(sign, f"“{labels.visible(sign)}”")) if sign else ""
    return ", ".join(filter(None, [used.get("encoding", ""), between]))


def _words(found: str, known: Mapping[str, str]) -> str:
    """Return what was found in all columns, in words; words of a later version of this plugin are left out."""
    return "; ".join(known[word] for word in found.split() if word in known)


def _signs() -> dict[str, str]:
    return {
        ",": _("comma"),
        ";": _("semicolon"),
        "\t": _("tab"),
        "|": _("vertical bar"),
        " ": _("blank"),
    }


def _found_decimals() -> dict[str, str]:
    return {
        POINT: _("point, as in 1.5"),
        COMMA: _("comma, as in 1,5"),
        UNCLEAR: _("unclear in some columns, which therefore stay text: set it, so that they become numbers"),
    }


def _found_orders() -> dict[str, str]:
    return {
        "day_first": _("day first"),
        "month_first": _("month first"),
        "year_first": _("year first"),
        "assumed_day_first": _("day first, which this site assumes: the file does not show it"),
        "assumed_month_first": _("month first, which this site assumes: the file does not show it"),
    }


def _decimals() -> tuple[Choice, ...]:
    return (
        Choice(value="", label=_("Found automatically")),
        Choice(value=".", label=_("Point: 1.5")),
        Choice(value=",", label=_("Comma: 1,5")),
    )


def _orders() -> tuple[Choice, ...]:
    return (
        Choice(value="", label=_("Found automatically")),
        Choice(value="true", label=_("Day first: 1 February")),
        Choice(value="false", label=_("Month first: 2 January")),
    )


def _searches() -> tuple[Choice, ...]:
    return (
        Choice(value="", label=_("As the site says")),
        Choice(value="all", label=_("All values")),
        Choice(value="text", label=_("Values of text columns only")),
        Choice(value="none", label=_("Nothing: no full-text search")),
    )


def _errors() -> dict[str, str]:
    return {
        reading.SHEET: _("This name is too long, or has characters that no name has."),
        reading.ENCODING: _("No such encoding is known. Choose one of the list, such as utf-8 or windows-1252."),
        reading.DECIMAL: _("Choose the point or the comma."),
        reading.DAY_FIRST: _("Choose day first or month first."),
        reading.NULL_VALUES: _("These are too many words: at most 1000 characters can be kept."),
        reading.SIMPLIFY: _("Write a number of metres, such as 10 or 0.5, with a point."),
        reading.FULL_TEXT: _("Choose one of the list."),
    }
