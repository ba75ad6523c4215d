"""The statistics of a column in words, for its card on the profile page."""

from __future__ import annotations

from ckan.plugins.toolkit import _, ungettext

from ..core.plots import Words
from ..core.safe_text import cut, replaced
from ..core.statistics import ColumnStatistics, Measure, Withheld
from . import numbers

#: Most characters of a value; it can be as long as a file.
LONGEST_VALUE = 80
#: Most different texts taken as empty that a sentence lists.
_MOST_NULL_WORDS = 8


def value(column: ColumnStatistics, text: str) -> str:
    """Return a value of the column for display."""
    if column.measure is Measure.TIME:
        return short(numbers.moment(text))
    if column.measure is Measure.BOOLEAN:
        text = {"t": _("Yes"), "true": _("Yes"), "f": _("No"), "false": _("No")}.get(text, text)
    return short(text)


def short(text: str) -> str:
    """Return a value on one line, cut if it is long; one of spaces only is described."""
    found = cut(text, LONGEST_VALUE)
    return replaced(found) if found.strip() else _("(only spaces)")


def sentences(column: ColumnStatistics) -> tuple[str, ...]:
    """Return what the statistics say: how full the column is, how its values differ, and where they lie."""
    said = [filled(column)]
    if column.null_words:
        said.append(_null_words(column))
    if column.filled:
        said += [_distinct(column), *_range(column)]
    return tuple(said)


def facts(column: ColumnStatistics) -> tuple[tuple[str, str], ...]:
    """Return further figures with their names."""
    found: list[tuple[str, str]] = []
    if column.quartiles:
        found.append((_("Median"), _measured(column, column.quartiles[1])))
    if column.deviation is not None:
        found.append((_("Standard deviation"), numbers.rounded(column.deviation)))
    if column.sum is not None and column.filled:
        found.append((_("Sum"), short(numbers.exact(column.sum))))
    return tuple(found)


def filled(column: ColumnStatistics) -> str:
    """Return the sentence about the rows that have a value."""
    if not column.rows:
        return _("The table has no rows.")
    if not column.empty:
        return _("Every row has a value.")
    if not column.filled:
        return _("No row has a value.")
    return ungettext(
        "{filled} of {rows} rows has a value ({percent}).",
        "{filled} of {rows} rows have a value ({percent}).",
        column.filled,
    ).format(
        filled=numbers.count(column.filled),
        rows=numbers.count(column.rows),
        percent=numbers.percent(column.filled / column.rows),
    )


def empty(column: ColumnStatistics) -> str:
    """Return the text for the share of empty rows."""
    return _("{percent} empty").format(percent=numbers.percent(column.empty_share))


def withheld(why: Withheld) -> str:
    """Return the sentence that says why none of a column's values are shown."""
    if why is Withheld.PERSONAL:
        return _("This column is marked as personal data, so none of its values are shown here.")
    return _("Every value occurs only once, so none is shown as an example.")


def times(column: ColumnStatistics, count: int) -> str:
    """Return how often a value occurs, as a number and as a share of the rows that have a value."""
    share = numbers.percent(count / column.filled) if column.filled else ""
    return f"{numbers.count(count)} ({share})" if share else numbers.count(count)


def plot_words(column: ColumnStatistics, name: str) -> Words:
    """Return the texts of the column's plot.

    :param name: how the column is called on the page.
    """
    bins = column.histogram
    most = max(bins, key=lambda each: each.count)
    # a bar begins where the one before ends, and formatting takes most of the page's time
    bounds = {text: _bound(column, text) for each in bins for text in (each.start, each.end)}
    low, high = bounds[bins[0].start], bounds[bins[-1].end]
    of_bin = _("{start} to {end}: {count}")
    label = _(
        "{column}: distribution of the values from {low} to {high}. Most, {count}, are between {start} and {end}."
    )
    return Words(
        label=label.format(
            column=short(name),
            low=low,
            high=high,
            count=numbers.count(most.count),
            start=bounds[most.start],
            end=bounds[most.end],
        ),
        low=low,
        high=high,
        most=ungettext("{count} row", "{count} rows", most.count).format(count=numbers.count(most.count)),
        of_bin=lambda each: of_bin.format(
            start=bounds[each.start], end=bounds[each.end], count=numbers.count(each.count)
        ),
    )


def _bound(column: ColumnStatistics, text: str) -> str:
    """Return an end of a bar: of numbers it is computed, so it may have many digits that mean nothing."""
    if column.measure is Measure.TIME or text in (column.least, column.greatest):
        return _exact(column, text)
    try:
        return _measured(column, float(text))
    except ValueError:
        return short(text)


def _null_words(column: ColumnStatistics) -> str:
    listed = sorted(column.null_words.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"“{short(word)}” ({numbers.count(count)})" for word, count in listed[:_MOST_NULL_WORDS])
    if len(listed) > _MOST_NULL_WORDS:
        said += ", …"
    return _("Taken as empty: {words}.").format(words=said)


def _distinct(column: ColumnStatistics) -> str:
    if column.distinct == column.filled and column.distinct > 1:
        return _("Every value is different.")
    return ungettext("{count} different value.", "{count} different values.", column.distinct).format(
        count=numbers.count(column.distinct)
    )


def _range(column: ColumnStatistics) -> list[str]:
    if column.measure is Measure.BOOLEAN:
        return _yes_and_no(column)
    if column.measure is Measure.TEXT:
        return _lengths(column)
    if column.least is None or column.greatest is None:
        return []
    least, greatest = (_exact(column, text) for text in (column.least, column.greatest))
    if column.least == column.greatest:
        return [_("Every value is {value}.").format(value=least)]
    if column.measure is Measure.NUMBER and column.mean is not None and column.quartiles:
        sentence = _("From {least} to {greatest}, average {mean}, half of the values between {lower} and {upper}.")
        lower, _median, upper = column.quartiles
        return [
            sentence.format(
                least=least,
                greatest=greatest,
                mean=_measured(column, column.mean),
                lower=_measured(column, lower),
                upper=_measured(column, upper),
            )
        ]
    return [_("From {least} to {greatest}.").format(least=least, greatest=greatest)]


def _yes_and_no(column: ColumnStatistics) -> list[str]:
    if column.true is None or column.false is None:
        return []
    sentence = _("Yes: {yes}. No: {no}.")
    return [sentence.format(yes=times(column, column.true), no=times(column, column.false))]


def _lengths(column: ColumnStatistics) -> list[str]:
    if column.shortest is None or column.longest is None:
        return []
    shortest, longest = numbers.count(column.shortest), numbers.count(column.longest)
    if column.shortest == column.longest:
        sentence = ungettext(
            "Every value has {count} character.", "Every value has {count} characters.", column.longest
        )
        return [sentence.format(count=longest)]
    return [
        ungettext(
            "Values have {shortest} to {longest} character.",
            "Values have {shortest} to {longest} characters.",
            column.longest,
        ).format(shortest=shortest, longest=longest)
    ]


def _exact(column: ColumnStatistics, text: str) -> str:
    """Return a value; what PostgreSQL writes as neither number nor date stays as it is."""
    is_time = column.measure is Measure.TIME
    return short(numbers.moment(text) if is_time else numbers.exact(text, grouped=not _is_year(column)))


def _measured(column: ColumnStatistics, figure: float) -> str:
    return numbers.rounded(figure, spread=column.deviation, grouped=not _is_year(column))


def _is_year(column: ColumnStatistics) -> bool:
    return numbers.may_be_years(column.least, column.greatest)
