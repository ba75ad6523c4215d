"""Find evidence that commas separate thousands, where every number of a column may also have three decimals.

``6,718`` has two readings, and there may be no value in its column that shows which one is right. The file as a whole
often does: by how all its numbers are written, or by a total that adds up in only one of the readings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..sums import Sums
from ..values import ColumnProfile
from .notations import COMMAS, POINTS
from .patterns import BLANKS, Form, whole

#: least number of values with a comma; fewer may be chance
FEWEST = 5
#: least number of rows in which a total must add up
_FEWEST_SUMS = 3
#: most columns that are tried as totals and parts of them
_MOST_COLUMNS = 40

#: where commas separate thousands, such a number would have a comma
UNGROUPED = Form(name="four digits or more in a row", pattern=whole("-?[0-9]{4,}"))
#: a list of codes may look like this: 101,102
TRIPLETS = Form(name="nothing but groups of three digits", pattern=whole("-?[1-9][0-9]{2}(?:,[1-9][0-9]{2})*"))
#: a price with three decimals, such as that of fuel, looks like this: 1,459
PRICE = Form(name="one or two before a comma", pattern=whole("-?[12],[0-9]{3}"))
FORMS = (UNGROUPED, TRIPLETS, PRICE)


def is_open(profile: ColumnProfile) -> bool:
    """Return whether every value can have a comma between thousands and, just as well, a decimal comma."""
    return profile.present > 0 and all(
        profile.present == _counted(profile, *notation.forms) for notation in (COMMAS, POINTS)
    )


def may_be_codes(profile: ColumnProfile) -> bool:
    """Return whether every value can also be a list of codes."""
    return profile.present == _counted(profile, TRIPLETS)


def are_shown(profiles: Iterable[ColumnProfile]) -> bool:
    """Return whether the numbers of a comma-separated file show that commas separate thousands in them.

    Such a file has quotes around each number with a comma. A program that writes these quotes seldom writes decimal
    commas; if it does, some value does not have exactly three decimals, or begins with ``0,``.
    """
    in_question = [profile for profile in profiles if is_open(profile)]
    if any(_counted(p, UNGROUPED) or _counted(p, COMMAS.whole) < p.present for p in in_question):
        return False
    telling = [profile for profile in in_question if not may_be_codes(profile)]
    prices = sum(_counted(profile, PRICE) for profile in telling)
    with_commas = sum(_counted(profile, POINTS.fraction) for profile in telling)
    return with_commas >= FEWEST and prices < sum(profile.present for profile in telling)


def sums(rows: Iterable[Sequence[str]], profiles: Sequence[ColumnProfile]) -> Sums:
    """Find columns that are the sum of two or more consecutive columns directly before or after them."""
    numbers = [place for place, p in enumerate(profiles) if is_open(p) or p.integers == p.present > 0][:_MOST_COLUMNS]
    open_places = {number for number, place in enumerate(numbers) if is_open(profiles[place])}
    tries = [_Try(total, start, stop) for total, start, stop in _runs(len(numbers), open_places)]
    for row in rows:
        values = [_both(row[place]) for place in numbers]
        tries = [one for one in tries if one.holds(values)]
        if not tries:
            break
    found = [one for one in tries if one.held >= _FEWEST_SUMS]
    places = {numbers[number] for one in found for number in (one.total, *range(one.start, one.stop))}
    return Sums(
        columns=frozenset(profiles[place].name for place in places), thousands=any(one.decides for one in found)
    )


def _counted(profile: ColumnProfile, *forms: Form) -> int:
    return sum(profile.counted.get(form.name, 0) for form in forms)


def _runs(columns: int, totals: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (total, start, stop) for each run of columns that ends just before a total or begins just after it."""
    for total in totals:
        yield from ((total, start, total) for start in range(total - 1))
        yield from ((total, total + 1, stop) for stop in range(total + 3, columns + 1))


def _both(text: str) -> tuple[int, int] | None:
    """Return the number in both readings, the one with a decimal comma in thousandths; None if it is not a number."""
    word = text.strip(BLANKS)
    try:
        number = int(word.replace(",", ""))
    except ValueError:
        return None
    return number, number if "," in word else number * 1000


@dataclass(slots=True)
class _Try:
    """A column that may be the sum of the columns from ``start`` to before ``stop``."""

    total: int
    start: int
    stop: int
    #: number of rows with a comma in which it is their sum
    held: int = 0
    #: in one of the rows it is not their sum if commas are decimal
    decides: bool = False

    def holds(self, values: Sequence[tuple[int, int] | None]) -> bool:
        """Return whether it may be their sum in this row, if commas separate thousands; note what the row shows."""
        total, parts = values[self.total], values[self.start : self.stop]
        present = [part for part in parts if part]
        if total is None or not present:
            return True
        if sum(part[0] for part in present) != total[0]:
            # a missing value may be part of the total
            return len(present) < len(parts)
        # only a number with a comma is equal in both readings, because the second one is in thousandths
        self.held += any(number == thousandths != 0 for number, thousandths in (total, *present))
        self.decides = self.decides or sum(part[1] for part in present) != total[1]
        return True
