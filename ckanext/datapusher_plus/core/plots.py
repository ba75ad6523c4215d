"""Small pictures of a column, drawn as SVG from its statistics.

The caller writes all words, because they are translated. Colours are CSS classes, so a picture needs no inline style
and follows the theme of the page. Every text is escaped, because values come from strangers' files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from .safe_text import replaced
from .statistics import Bin, ColumnStatistics, Measure

#: Size of the plots in units of the viewBox; the page scales them to the width that it has.
WIDTH, HEIGHT = 320, 100
#: Space above the bars for the highest count, and below them for the values at both ends.
_ABOVE, _BELOW = 16, 16
_BASE = HEIGHT - _BELOW
#: A count above zero is seen, however small it is beside the others.
_LEAST_HEIGHT = 1.5
_GAP = 1.0
#: Size of a bar that shows one share.
_BAR_WIDTH, _BAR_HEIGHT = 100, 4
#: Most characters of a text in a picture.
_LONGEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of a plot."""

    #: what the picture shows, for people who do not see it
    label: str
    #: values at the left and at the right end
    low: str
    high: str
    #: the highest count
    most: str
    #: text for one bar when the mouse is over it
    of_bin: Callable[[Bin], str]


def draw(column: ColumnStatistics, words: Words) -> str:
    """Return the plot of a column as SVG: bars for numbers, a line for times; empty if there is nothing to draw."""
    bins = column.histogram
    if not any(each.count > 0 for each in bins):
        return ""
    shapes = _line(bins) if column.measure is Measure.TIME else _bars(bins)
    return _svg(
        "dpp-plot",
        WIDTH,
        HEIGHT,
        words.label,
        f'<line class="dpp-grid" x1="0" y1="{_ABOVE}" x2="{WIDTH}" y2="{_ABOVE}"/>',
        shapes,
        f'<line class="dpp-axis" x1="0" y1="{_BASE}" x2="{WIDTH}" y2="{_BASE}"/>',
        _tips(bins, words.of_bin),
        _text(words.most, WIDTH, _ABOVE - 4, "end"),
        _text(words.low, 0, HEIGHT - 3, "start"),
        _text(words.high, WIDTH, HEIGHT - 3, "end"),
    )


def bar(share: float, label: str = "") -> str:
    """Return a bar that is filled up to ``share``, from 0 to 1; without a label it is only decoration."""
    filled = _BAR_WIDTH * share
    # a little of something is seen, and so is a little that is missing
    filled = min(max(filled, 0.5), _BAR_WIDTH if share >= 1 else _BAR_WIDTH - 0.5)
    return _svg(
        "dpp-share",
        _BAR_WIDTH,
        _BAR_HEIGHT,
        label,
        f'<rect class="dpp-rest" width="{_BAR_WIDTH}" height="{_BAR_HEIGHT}"/>',
        f'<rect class="dpp-bar" width="{_number(filled)}" height="{_BAR_HEIGHT}"/>' if share > 0 else "",
        stretched=True,
    )


def _svg(kind: str, width: int, height: int, label: str, *shapes: str, stretched: bool = False) -> str:
    role = f'role="img" aria-label="{_escaped(label)}"' if label else 'aria-hidden="true"'
    aspect = ' preserveAspectRatio="none"' if stretched else ""
    opening = f'<svg class="{kind}" viewBox="0 0 {width} {height}"{aspect} focusable="false" {role}>'
    return f"{opening}{''.join(shapes)}</svg>"


def _bars(bins: Sequence[Bin]) -> str:
    slot, heights = WIDTH / len(bins), _heights(bins)
    gap = min(_GAP, slot / 4)
    return "".join(
        f'<rect class="dpp-bar" x="{_number(slot * at + gap / 2)}" y="{_number(_BASE - height)}"'
        f' width="{_number(slot - gap)}" height="{_number(height)}"/>'
        for at, height in enumerate(heights)
        if height
    )


def _line(bins: Sequence[Bin]) -> str:
    slot = WIDTH / len(bins)
    tops = [(slot * (at + 0.5), _BASE - height) for at, height in enumerate(_heights(bins))]
    # the line begins and ends at the edges, so that one bin alone is a line too
    points = [(0.0, tops[0][1]), *tops, (float(WIDTH), tops[-1][1])]
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    area = f'<polygon class="dpp-area" points="0,{_BASE} {path} {WIDTH},{_BASE}"/>'
    return f'{area}<polyline class="dpp-line" points="{path}"/>'


def _heights(bins: Sequence[Bin]) -> list[float]:
    most = max(each.count for each in bins)
    space = _BASE - _ABOVE
    return [max(space * each.count / most, _LEAST_HEIGHT) if each.count > 0 else 0.0 for each in bins]


def _tips(bins: Sequence[Bin], of_bin: Callable[[Bin], str]) -> str:
    """Return invisible areas over the bins, as high as the plot, so that the mouse also finds the lowest bar."""
    slot = WIDTH / len(bins)
    return "".join(
        f'<rect class="dpp-tip" x="{_number(slot * at)}" y="0" width="{_number(slot)}" height="{_BASE}">'
        f"<title>{_escaped(of_bin(each))}</title></rect>"
        for at, each in enumerate(bins)
    )


def _text(text: str, x: int, y: int, anchor: str) -> str:
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{_escaped(cut)}</text>'


def _escaped(text: str) -> str:
    """Return a text for an SVG, without characters that change the direction of text or that XML does not allow."""
    return escape(replaced(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
