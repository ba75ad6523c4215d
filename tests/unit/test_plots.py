"""The pictures of a column: well-formed SVG, in proportion, with escaped texts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ckanext.datapusher_plus.core import plots
from ckanext.datapusher_plus.core.statistics import Bin, ColumnStatistics, Measure

HOSTILE = "</svg><script>alert(1)</script>\" onload='x' \x00\x1b\u202e\ufffe&\ud800"


def column(*counts: int, measure: Measure = Measure.NUMBER) -> ColumnStatistics:
    bins = tuple(Bin(start=str(at), end=str(at + 1), count=count) for at, count in enumerate(counts))
    rows = sum(counts)
    return ColumnStatistics(
        name="n", type="numeric", measure=measure, rows=rows, empty=0, null_words={}, distinct=rows, histogram=bins
    )


def words(text: str = "text") -> plots.Words:
    return plots.Words(label=text, low=text, high=text, most=text, of_bin=lambda each: text)


def shapes(svg: str, kind: str) -> list[ElementTree.Element]:
    return [found for found in ElementTree.fromstring(svg).iter() if found.get("class") == kind]  # noqa: S314


def test_bars_are_as_high_as_their_counts() -> None:
    bars = shapes(plots.draw(column(10, 5, 0, 1), words()), "dpp-bar")
    assert [float(bar.get("height", "")) for bar in bars] == [68, 34, 6.8]
    assert [float(bar.get("x", "")) for bar in bars] == [0.5, 80.5, 240.5]


def test_a_rare_value_is_seen_beside_a_frequent_one() -> None:
    [_most, rare] = shapes(plots.draw(column(10**9, 1), words()), "dpp-bar")
    assert float(rare.get("height", "")) == 1.5


@pytest.mark.parametrize("counts", [(3,), (1, 2, 0, 4), (1,) * 400])
def test_times_are_a_line_from_edge_to_edge(counts: tuple[int, ...]) -> None:
    svg = plots.draw(column(*counts, measure=Measure.TIME), words())
    [line] = shapes(svg, "dpp-line")
    points = [tuple(map(float, point.split(","))) for point in str(line.get("points")).split()]
    assert (points[0][0], points[-1][0], len(points)) == (0, plots.WIDTH, len(counts) + 2)
    assert min(y for _x, y in points) == 16


@pytest.mark.parametrize("counts", [(), (0,), (0, 0)])
@pytest.mark.parametrize("measure", Measure)
def test_nothing_is_drawn_without_values(counts: tuple[int, ...], measure: Measure) -> None:
    assert plots.draw(column(*counts, measure=measure), words()) == ""


@pytest.mark.parametrize("measure", [Measure.NUMBER, Measure.TIME])
def test_hostile_texts_stay_texts(measure: Measure) -> None:
    for svg in (plots.draw(column(1, 2, measure=measure), words(HOSTILE)), plots.bar(0.5, HOSTILE)):
        root = ElementTree.fromstring(svg)  # noqa: S314
        assert {found.tag for found in root.iter()} <= {"svg", "rect", "line", "polyline", "polygon", "text", "title"}
        assert {name for found in root.iter() for name in found.attrib} & {"style", "onload", "href"} == set()
        assert root.get("aria-label") == "</svg><script>alert(1)</script>\" onload='x' ����&�"


@pytest.mark.parametrize(
    ("share", "width"),
    [(0, None), (-1, None), (1e-9, "0.5"), (0.5, "50"), (0.999999, "99.5"), (1, "100"), (7, "100")],
)
def test_a_bar_shows_a_share(share: float, width: str | None) -> None:
    filled = [bar.get("width") for bar in shapes(plots.bar(share), "dpp-bar")]
    assert filled == ([width] if width else [])


def test_a_picture_has_a_fixed_frame_and_says_what_it_shows() -> None:
    root = ElementTree.fromstring(plots.draw(column(1), words("Delays")))  # noqa: S314
    assert (root.get("viewBox"), root.get("role"), root.get("aria-label")) == ("0 0 320 100", "img", "Delays")
    assert ElementTree.fromstring(plots.bar(0.5)).get("aria-hidden") == "true"  # noqa: S314
