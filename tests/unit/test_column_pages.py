"""Search, order and paging of columns."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.column_pages import ColumnPage, DescribedColumn, Order, select, window


def column(position: int, name: str, empty: int | None = 0, **about: str) -> DescribedColumn:
    share = None if empty is None else empty / 4
    return DescribedColumn(position=position, name=name, type="text", empty_share=share, **about)


COLUMNS = (
    column(1, "dep_delay", 1, label="Departure delay", notes="In minutes, Straße", unit="min"),
    column(2, "origin", 0, label="Airport"),
    column(3, "new", None),
    column(4, "tailnum", 4),
    column(5, "arr_delay", 1),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("DELAY", [1, 5]),
        ("delay departure", [1]),
        ("airPORT", [2]),
        ("STRASSE", [1]),
        ("min", [1]),
        ("nothing", []),
        (".*", []),
    ],
)
def test_a_search_finds_names_labels_descriptions_and_units(query: str, found: list[int]) -> None:
    page = select(COLUMNS, query)
    assert [each.position for each in page.columns] == found
    assert (page.found, page.total, page.pages) == (len(found), 5, 1)


def test_the_emptiest_come_first_and_unknown_ones_last() -> None:
    assert [each.position for each in select(COLUMNS, order=Order.EMPTY).columns] == [4, 1, 5, 2, 3]


@pytest.mark.parametrize(
    ("asked", "number", "first", "last"),
    [(1, 1, 1, 50), (2, 2, 51, 100), (32, 32, 1551, 1598), (99, 32, 1551, 1598), (0, 1, 1, 50), (-3, 1, 1, 50)],
)
def test_pages(asked: int, number: int, first: int, last: int) -> None:
    page = select([column(at, f"c{at}") for at in range(1, 1599)], page=asked)
    assert (page.number, page.pages) == (number, 32)
    assert (page.columns[0].position, page.columns[-1].position) == (first, last)


@pytest.mark.parametrize(
    ("number", "pages", "linked"),
    [
        (1, 1, (1,)),
        (1, 32, (1, 2, 3, None, 32)),
        (16, 32, (1, None, 14, 15, 16, 17, 18, None, 32)),
        (32, 32, (1, None, 30, 31, 32)),
        (4, 5, (1, 2, 3, 4, 5)),
    ],
)
def test_the_first_the_last_and_the_nearest_pages_are_linked(
    number: int, pages: int, linked: tuple[int | None, ...]
) -> None:
    assert window(ColumnPage(columns=(), number=number, pages=pages, found=0, total=0)) == linked
