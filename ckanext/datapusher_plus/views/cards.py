"""The cards of the profile page, one for each column; all texts are for display, and only the pictures are HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ckan.plugins.toolkit import _, h
from markupsafe import Markup

from ..core import plots
from ..core.column_pages import DescribedColumn
from ..core.safe_text import cut
from ..core.statistics import ColumnStatistics, Withheld
from . import labels, statistics_text
from .filter_links import FilterLinks

#: Most characters of a label and of a description.
_LONGEST_LABEL, _LONGEST_NOTES = 200, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentValue:
    """One of the most frequent values of a column."""

    shown: str
    #: how often it occurs
    times: str
    bar: Markup
    #: address of the rows with this value; empty if there is none
    rows: str
    #: address that works without JavaScript, if the other one does not
    download: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the page says about one column."""

    position: int
    #: label, or else the name
    title: str
    #: name of the column in the table, empty if it is the title
    name: str
    #: everyday name of the type
    kind: str
    type: str
    unit: str
    notes: str
    plot: Markup = Markup()
    #: share of empty rows, as a picture and in words
    share: Markup = Markup()
    empty: str = ""
    sentences: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    values: tuple[FrequentValue, ...] = ()
    #: why no values are shown
    withheld: str = ""


def card(column: DescribedColumn, statistics: ColumnStatistics | None, links: FilterLinks) -> Card:
    """Return the card of a column; None for one that has been added since the statistics were made."""
    about = _about(column)
    if statistics is None:
        missing = _("The column is newer than the statistics, so there are none for it yet.")
        return replace(about, sentences=(missing,))
    return replace(
        about,
        plot=_plot(statistics, column.shown),
        share=_share(statistics),
        empty=statistics_text.empty(statistics) if statistics.rows else "",
        sentences=statistics_text.sentences(statistics),
        facts=statistics_text.facts(statistics),
        values=_values(statistics, links),
        withheld=_withheld(statistics),
    )


def _about(column: DescribedColumn) -> Card:
    label = labels.visible(cut(column.label, _LONGEST_LABEL)).strip()
    name = statistics_text.short(column.name)
    return Card(
        position=column.position,
        title=label or name,
        name=name if label and label != name else "",
        kind=labels.kind(column.type),
        type=column.type,
        unit=labels.visible(cut(column.unit, _LONGEST_LABEL)),
        notes=labels.visible(h.markdown_extract(column.notes, extract_length=_LONGEST_NOTES)),
    )


def _withheld(column: ColumnStatistics) -> str:
    """Return why no values are shown; empty if the column has none, or one, which is not worth a reason."""
    if column.withheld is None or not column.filled:
        return ""
    is_worth_it = column.withheld is Withheld.PERSONAL or column.filled > 1
    return statistics_text.withheld(column.withheld) if is_worth_it else ""


def _plot(column: ColumnStatistics, name: str) -> Markup:
    if not column.histogram or not any(each.count for each in column.histogram):
        return Markup()
    return _picture(plots.draw(column, statistics_text.plot_words(column, name)))


def _share(column: ColumnStatistics) -> Markup:
    if not column.rows:
        return Markup()
    return _picture(plots.bar(column.empty_share, statistics_text.empty(column)))


def _values(column: ColumnStatistics, links: FilterLinks) -> tuple[FrequentValue, ...]:
    most = max((count for _value, count in column.top), default=0)
    return tuple(_value(column, value, count, most, links) for value, count in column.top)


def _value(column: ColumnStatistics, value: str, count: int, most: int, links: FilterLinks) -> FrequentValue:
    rows, download = links.rows(column.name, value), links.download(column.name, value)
    return FrequentValue(
        shown=statistics_text.value(column, value),
        times=statistics_text.times(column, count),
        bar=_picture(plots.bar(count / most)),
        rows=rows,
        download=download if rows != download else "",
    )


def _picture(svg: str) -> Markup:
    """Mark a picture as HTML: `core.plots` escapes all texts in it."""
    return Markup(svg)  # noqa: S704
