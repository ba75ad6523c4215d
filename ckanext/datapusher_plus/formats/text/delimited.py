"""Text tables with one record per line and a separator between values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...core.errors import NothingToLoad, NotText, TooManyColumns
from ...core.message import quoted, say, say_n
from ...core.quarantine import MOST_FIELDS
from ...core.values import CleanCsv, Log, Source
from ..base import Format, Work, read_head, register
from .byte_order_marks import without_marks
from .candidates import named_width
from .decoding import as_utf8, listed, whole_lines
from .footer import find_footer
from .layout import Layout, by_returns, find_layout, is_separated
from .rewrite import (
    Rewriting,
    Rewritten,
    ends_as_in_dos,
    has_returns,
    rewrite,
    swap,
    used_width,
)
from .separators import SEPARATORS


class Delimited(Format):
    """Base of the text tables; a subclass sets the separator that its name implies."""

    separator: ClassVar[bytes]

    def resembles(self, head: bytes) -> bool:
        """Return whether this separator splits the first records into several values each, like the header."""
        return is_separated(head, self.separator)

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Convert the file to canonical CSV; return the file itself when it is canonical already."""
        text = as_utf8(source.path, work)
        path = text.path
        if text.marks:
            path = work.dir / "unmarked.txt"
            without_marks(whole_lines(text.path), path, work.log)
        swapped = by_returns(read_head(path))
        path = swap(path, work.dir / "lines.txt") if swapped else path
        layout = find_layout(path, self.separator, work.options.decimal)
        if layout is None:
            raise NothingToLoad(say("is empty"))
        _check_width(layout.header, work.limits.columns)
        self._check(layout)
        footer = find_footer(path, layout)
        width = used_width(path, layout, footer) if layout.trailing else len(layout.header)
        change = Rewriting(
            layout=layout,
            width=width,
            swapped=swapped,
            returns=has_returns(path),
            footer=footer,
            # editors strip trailing whitespace, and spreadsheet programs do not write trailing tabs
            fill=layout.separator == b"\t",
        )
        _log_separator(layout, work.log)
        if change.needed or ends_as_in_dos(path):
            _log_rewriting(change, rewrite(path, change, work.dir / "commas.csv"), work.log)
            path = work.dir / "commas.csv"
        return CleanCsv(
            path=path,
            header=layout.header[:width],
            format=self._how(layout),
            encoding=text.encoding,
            between_commas=layout.separator == b"," and (width > 1 or not read_head(path).startswith(b'"')),
            first_line=layout.first_line,
            separator=_called(layout.separator) if width > 1 else "",
        )

    def _check(self, layout: Layout) -> None:
        """Refuse text without columns; overridden by formats that may hold no table."""

    def _how(self, layout: Layout) -> str:
        if layout.separator == self.separator or layout.prose:
            return self.name
        return self._with(layout)

    def _with(self, layout: Layout) -> str:
        return say("{format} with {separators}", format=self.name, separators=_called(layout.separator))


def _check_width(header: Sequence[str], most: int) -> None:
    """Refuse a header too wide for a table before any row is read; empty headings at its end do not count.

    :raises TooManyColumns: when it has more than ``most`` headings, or ``MOST_FIELDS`` fields.
    """
    if named_width(header) > most or len(header) >= MOST_FIELDS:
        raise TooManyColumns(len(header), most)


def _called(separator: bytes) -> str:
    return SEPARATORS.get(separator) or separator.decode("utf-8", "replace")


def _log_separator(layout: Layout, log: Log) -> None:
    columns = {"separators": _called(layout.separator), "columns": len(layout.header)}
    if layout.declared not in (b"", layout.separator):
        log.warning(
            say(
                "The file's first line says that {declared} separate its values; they do not. It was read with "
                "{separators}, which make {columns} columns. Correct or remove that line.",
                declared=_called(layout.declared),
                **columns,
            )
        )
    elif layout.rival:
        other, number = layout.rival
        sign = say("a tab") if other == b"\t" else f"“{other.decode()}”"
        log.warning(
            say(
                "It is not certain what separates the values. They were read with {separators}, which "
                "make {columns} columns; "
                "with {others} there would be {number}. If that is right, put a line above the header "
                "that says sep= and then {sign}.",
                **columns,
                others=_called(other),
                number=number,
                sign=sign,
            )
        )
    elif layout.prose:
        log.warning(
            say(
                "The header has one heading, and commas and semicolons stand below it as in sentences. So they "
                "were taken for text, and the file for a table of one column. If they separate values, give each "
                "value a heading."
            )
        )


def _log_rewriting(change: Rewriting, done: Rewritten, log: Log) -> None:
    layout = change.layout
    if layout.above:
        above = _quoted(layout.above)
        log.warning(
            say(
                "The header is in line {first_line}. What stands above it is left out: {above}.",
                first_line=layout.first_line,
                above=above,
            )
        )
    if change.footer:
        log.warning(say("The lines below the table are left out: {lines}.", lines=_quoted(change.footer.lines)))
    empty = len(layout.header) - change.width
    if empty:
        log.info(
            say_n(
                "The last column, which has neither a heading nor values, is left out.",
                "The last {n} columns, which have neither headings nor values, are left out.",
                empty,
            )
        )
    elif done.shortened:
        log.info(
            say_n(
                "{n} row ends in separators with nothing after them, which are left out.",
                "{n} rows end in separators with nothing after them, which are left out.",
                done.shortened,
            )
        )
    if done.filled:
        log.warning(
            say(
                "Rows with fewer fields than the header: {rows}. What they miss at their ends was taken as "
                "empty, for many programs leave out tabs there: lines {listed}.",
                rows=len(done.filled),
                listed=listed(done.filled),
            )
        )


def _quoted(lines: Sequence[str]) -> str:
    return quoted(lines, 5)


@register
class Csv(Delimited):
    """Comma-separated values; semicolons, tabs and bars as separators are detected too."""

    name = "CSV"
    aliases = frozenset({"csv"})
    extensions = frozenset({"csv"})
    media_types = frozenset({"text/csv", "application/csv", "text/comma-separated-values"})
    separator = b","


@register
class Tsv(Delimited):
    """Tab-separated values."""

    name = "TSV"
    aliases = frozenset({"tsv", "tab"})
    extensions = frozenset({"tsv", "tab"})
    media_types = frozenset({"text/tab-separated-values", "text/tsv"})
    separator = b"\t"


@register
class Ssv(Delimited):
    """Semicolon-separated values."""

    name = "SSV"
    aliases = frozenset({"ssv", "scsv"})
    extensions = frozenset({"ssv", "scsv"})
    media_types = frozenset({"text/semicolon-separated-values"})
    separator = b";"


@register
class Psv(Delimited):
    """Bar-separated values (``|``)."""

    name = "PSV"
    aliases = frozenset({"psv", "pipe"})
    extensions = frozenset({"psv"})
    media_types = frozenset({"text/pipe-separated-values"})
    separator = b"|"


@register
class Txt(Delimited):
    """Plain text that may be a table, with any separator; other text is refused."""

    name = "TXT"
    aliases = frozenset({"txt", "text"})
    extensions = frozenset({"txt"})
    media_types = frozenset({"text/plain"})
    separator = b","

    def resembles(self, head: bytes) -> bool:
        """Return False: the other formats recognise tables without a named format."""
        return False

    def _check(self, layout: Layout) -> None:
        if not layout.agreed:
            raise NotText(say("text without columns"))

    def _how(self, layout: Layout) -> str:
        return self._with(layout)
