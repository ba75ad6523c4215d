"""Mean, deviation and quartiles from exact sums; each is rounded once, as Python's `statistics` does."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

#: digits of the square root before it is rounded to the 17 of a float
_DIGITS = 60
QUARTILES = (1, 2, 3)


def mean(total: int, values: int, scale: int) -> float | None:
    """Return the mean of numbers whose sum is ``total / 10**scale``."""
    return rounded(Fraction(total, values * 10**scale))


def deviation(total: int, squares: int, values: int, scale: int) -> float | None:
    """Return the sample standard deviation, None for fewer than two values.

    :param total: sum of the numbers, each times ``10**scale`` and less the same whole number.
    :param squares: sum of the squares of these.
    """
    if values < 2:
        return None
    variance = Fraction(values * squares - total * total, values * (values - 1) * 100**scale)
    with localcontext() as context:
        context.prec = _DIGITS
        return rounded((Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt())


def quartiles(pairs: list[tuple[int, int]], values: int, scale: int) -> tuple[float, float, float] | None:
    """Return the quartiles: of each, the two values between which it lies are given."""
    found = [_between(*pair, values, quarter, scale) for pair, quarter in zip(pairs, QUARTILES, strict=True)]
    lower, median, upper = found
    return None if lower is None or median is None or upper is None else (lower, median, upper)


def _between(below: int, above: int, values: int, quarter: int, scale: int) -> float | None:
    part = Fraction((values - 1) * quarter % 4, 4)
    return rounded((below + (above - below) * part) / 10**scale)


def rounded(number: Fraction | Decimal) -> float | None:
    """Return the nearest float, None for a number beyond the range of floats."""
    try:
        found = float(number)
    except (OverflowError, ValueError):
        return None
    return found if found - found == 0 else None


def as_float(number: str | None) -> float | None:
    """Return a decimal number as a float; None if there is none, or it is not finite or beyond the range of floats."""
    return None if number is None else rounded(Decimal(number))
