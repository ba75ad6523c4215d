"""Texts of the DataStore tab: states, types, stages, amounts and times for display."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ckan.plugins.toolkit import ValidationError, _, h, ungettext

from ..core.message import Message
from ..core.safe_text import replaced
from .messages import Shown, translated

#: Most names that a sentence lists.
_SOME = 20


def isolated(text: str) -> str:
    """Return a text between Unicode isolates, for use inside CKAN's HTML; our own templates use ``<bdi>`` instead.

    The isolates keep the writing direction of the text apart from that of its surroundings.
    """
    return f"\N{FIRST STRONG ISOLATE}{visible(text)}\N{POP DIRECTIONAL ISOLATE}"


def visible(said: Any) -> Any:
    """Return a text, or a JSON value with all its texts, with invisible, bidirectional and control characters replaced.

    Line ends are kept, because descriptions of columns have them. Messages come in the reader's language.
    """
    if isinstance(said, Shown):
        return said
    if isinstance(said, Message):
        return translated(said.mapped(visible))
    if isinstance(said, str):
        return "\n".join(replaced(line) for line in said.replace("\r\n", "\n").split("\n"))
    if isinstance(said, dict):
        return {key: visible(value) for key, value in said.items()}
    return [visible(each) for each in said] if isinstance(said, list | tuple) else said


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a colour and an icon, so that the meaning never depends on the colour alone."""

    word: str
    #: Bootstrap's name of the colour
    colour: str
    #: Font Awesome's name of the icon
    icon: str = ""


def badge(state: str) -> Badge:
    """Return the badge of a state."""
    return {
        "never": Badge(_("Not loaded yet"), "secondary", "circle"),
        "managed": Badge(_("No file"), "secondary", "table"),
        "queued": Badge(_("Waiting"), "info", "hourglass-half"),
        "running": Badge(_("Loading"), "primary", "gears"),
        "complete": Badge(_("Loaded"), "success", "check"),
        "complete_with_warnings": Badge(_("Loaded, with warnings"), "warning", "triangle-exclamation"),
        "skipped": Badge(_("Left as it was"), "secondary", "forward"),
        "empty": Badge(_("Nothing loaded"), "warning", "triangle-exclamation"),
        "error": Badge(_("Not loaded"), "danger", "xmark"),
        "cancelled": Badge(_("Cancelled"), "secondary", "ban"),
        "waiting_for_review": Badge(_("Waits for review"), "warning", "user-check"),
        "rejected": Badge(_("Rejected"), "secondary", "user-xmark"),
    }[state]


def level(name: str) -> Badge:
    """Return the badge of a log level; without a word for levels below warning."""
    return {
        "WARNING": Badge(_("warning"), "warning"),
        "ERROR": Badge(_("error"), "danger"),
        "CRITICAL": Badge(_("error"), "danger"),
    }.get(name.upper(), Badge("", "light"))


def stage(name: str) -> str:
    """Return the phrase for a stage of a run, or the stage's own name if there is no phrase."""
    return {
        "fetch": _("Fetching the file"),
        "convert": _("Reading the file"),
        "validate": _("Checking every row"),
        "analyse": _("Finding the columns' types"),
        "plan": _("Planning the table"),
        "stash": _("Saving the Data Dictionary"),
        "stage": _("Building the new table"),
        "append": _("Adding the new rows"),
        "replace": _("Replacing the rows"),
        "copy": _("Copying the rows"),
        "fill": _("Filling the new table"),
        "index": _("Building the indexes"),
        "swap": _("Putting the new table in place"),
        "commit": _("Removing the old table"),
        "publish": _("Updating the resource"),
    }.get(name, name)


def kind(pg_type: str) -> str:
    """Return the everyday name of a PostgreSQL type, empty for types that only specialists use."""
    known = {
        "text": _("Text"),
        "date": _("Date"),
        "timestamp": _("Date and time"),
        "timestamptz": _("Date and time"),
        "bool": _("Yes or no"),
        "boolean": _("Yes or no"),
    }
    numbers = {"numeric", "int2", "int4", "int8", "integer", "bigint", "float4", "float8", "double precision"}
    return _("Number") if pg_type in numbers else known.get(pg_type, "")


def loaded(rows: int | None, columns: int) -> str:
    """Return the sentence for a table that was loaded."""
    if rows is None:
        return _("The file was loaded.")
    return ungettext(
        "The table has {rows} row in {columns} columns.", "The table has {rows} rows in {columns} columns.", rows
    ).format(rows=h.localised_number(rows), columns=h.localised_number(columns))


def personal(detector: str) -> str:
    """Return what a detector of personal data finds; the label of a site's own pattern is its name."""
    if detector.startswith("id-") and len(detector) == len("id-xx"):
        return _("Identity numbers ({country})").format(country=detector[3:].upper())
    return {
        "card": _("Payment card numbers"),
        "email": _("E-mail addresses"),
        "iban": _("Bank account numbers (IBAN)"),
        "phone": _("Telephone numbers"),
        "ssn": _("US social security numbers"),
    }.get(detector, detector)


def count_of(count: int, *, at_least: bool) -> str:
    """Return a number of values."""
    shown = h.localised_number(count)
    return _("at least {count}").format(count=shown) if at_least else str(shown)


def rows(numbers: list[int], count: int) -> str:
    """Return the numbers of some rows; an ellipsis says that there are more."""
    shown = ", ".join(str(h.localised_number(number)) for number in numbers)
    return f"{shown}, …" if count > len(numbers) else shown


def left_out(rows: int, total: int) -> str:
    """Return the sentence for rows of the file that are not in the table."""
    return ungettext(
        "{rows} of the file's {total} rows was left out of the table.",
        "{rows} of the file's {total} rows were left out of the table.",
        rows,
    ).format(rows=h.localised_number(rows), total=h.localised_number(total))


def refused(rows: int, total: int, listed: int) -> str:
    """Return the sentence for the rows because of which a file was refused."""
    sentence = ungettext(
        "{rows} of the file's {total} rows cannot be loaded, so nothing was loaded.",
        "{rows} of the file's {total} rows cannot be loaded, so nothing was loaded.",
        rows,
    ).format(rows=h.localised_number(rows), total=h.localised_number(total))
    if listed < rows:
        sentence += " " + _("The list has the first {listed} of them.").format(listed=h.localised_number(listed))
    return sentence


def dictionary_changed(column: str, pg_type: str) -> str:
    """Return the sentence that the Data Dictionary no longer sets the type that a value did not fit."""
    return _(
        "A value in the column “{column}” was not of the type {type}, but the Data Dictionary no longer asks for this "
        "type. Load again."
    ).format(type=pg_type, column=column)


def more_warnings(count: int) -> str:
    """Return the sentence with the number of all warnings, for when only some are shown."""
    return _("There are {count} warnings in all; the log has the others.").format(count=h.localised_number(count))


def not_here(worker: str) -> str:
    """Return the sentence about rejected rows that are in the storage of a worker on another machine."""
    return _(
        "The rejected rows are not in the file storage that this web server sees. The worker on {worker} has put them "
        "into its own: ask the site's administrator to have both use one storage, then load again even if the file has "
        "not changed."
    ).format(worker=worker or _("another machine"))


def tries(this: int, most: int) -> str:
    """Return the text for the number of a try, such as “2 of 3”."""
    return _("{this} of {most}").format(this=h.localised_number(this), most=h.localised_number(most))


def amount(stage_name: str, done: int, total: int | None) -> str:
    """Return the progress of a stage that counts bytes; empty for other stages, whose steps mean nothing to people."""
    if not done or stage_name not in ("fetch", "copy"):
        return ""
    shown = h.localised_filesize
    return _("{done} of {total}").format(done=shown(done), total=shown(total)) if total else shown(done)


def duration(seconds: float) -> str:
    """Return the text for a length of time in seconds."""
    if seconds < 60:
        return _("{seconds} s").format(seconds=h.localised_number(round(seconds, 1)))
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)


def moment(given: datetime | str | None) -> datetime | None:
    """Return a time in the site's display zone; a time without a zone is taken as UTC. None if it is invalid."""
    if isinstance(given, str):
        given = _parsed(given)
    if given is None:
        return None
    return (given if given.tzinfo else given.replace(tzinfo=timezone.utc)).astimezone(h.get_display_timezone())


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def ended_by(why: str) -> str:
    """Return the phrase for the event that replaced a Data Dictionary."""
    return {
        "load": _("as it was before a load"),
        "edit": _("as it was before an edit"),
        "restore": _("as it was before an earlier version was brought back"),
        "stash": _("saved by a load that did not end well"),
        "delete": _("as it was when the resource was deleted"),
    }.get(why, why)


def described(columns: int) -> str:
    """Return the text for the number of columns that a Data Dictionary describes."""
    return ungettext("{num} column described", "{num} columns described", columns).format(num=columns)


def key(name: str) -> str:
    """Return what people call an entry of the Data Dictionary; an unknown key is its own name."""
    return {
        "label": _("Label"),
        "notes": _("Description"),
        "type_override": _("Type"),
        "unit": _("Unit"),
        "semantic_type": _("Meaning of the values"),
        "pii": _("Personal data"),
        "codes": _("List of the values"),
    }.get(name, name)


def summary(error: ValidationError) -> str:
    """Return what an action's validation found wrong, on one line."""
    return "; ".join(map(str, error.error_summary.values()))


def brought(columns: list[str], absent: list[str]) -> str:
    """Return the message about a restored Data Dictionary.

    :param columns: columns that were changed.
    :param absent: columns that the table does not have now.
    """
    if not columns and not absent:
        return _("There was nothing to bring back: the Data Dictionary says it all already.")
    done = _("Brought back: {columns}.").format(columns=some(columns)) if columns else ""
    kept = _("Not in the table now, so kept until the column comes back: {columns}.") if absent else ""
    return f"{done} {kept.format(columns=some(absent))}".strip()


def some(names: list[str]) -> str:
    """Return the names joined by commas; after ``_SOME`` names only how many more there are."""
    shown = ", ".join(names[:_SOME])
    return shown if len(names) <= _SOME else _("{names} and {more} more").format(names=shown, more=len(names) - _SOME)
